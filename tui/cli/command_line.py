"""The command `cnn-tui` and its subcommands, each from a file of its own.

These files import slow modules inside of functions, so that `--help` answers at once.
"""

from __future__ import annotations

from typing import Any

import click

from engine.errors import EngineError
from tui.cli import cli_text, list_commands, run_commands
from tui.cli.doctor_command import doctor
from tui.cli.options import runs_option, start_options
from tui.cli.resume_command import resume
from tui.cli.start_command import StartRequest, start_or_open_launcher, train
from tui.cli.watch_commands import attach, demo


class Cli(click.Group):
    """A group of commands; an error for the user becomes one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EngineError as error:
            click.echo(f"cnn-tui: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=Cli, invoke_without_command=True, help=cli_text.HELP)
@click.version_option(None, "--version", package_name="cnn-tui", message="%(package)s %(version)s")
@start_options
@runs_option
@click.pass_context
def main(ctx: click.Context, /, **options: Any) -> None:
    if ctx.invoked_subcommand is None:
        start_or_open_launcher(StartRequest.from_options(**options))
        return
    dropped = [
        parameter.opts[0]
        for parameter in ctx.command.params
        if parameter.name in options
        and ctx.get_parameter_source(parameter.name) is not click.core.ParameterSource.DEFAULT
    ]
    if dropped:
        raise click.UsageError(cli_text.options_before(ctx.invoked_subcommand, dropped))


for command in (
    train,
    attach,
    demo,
    resume,
    doctor,
    *list_commands.COMMANDS,
    *run_commands.COMMANDS,
):
    main.add_command(command)
