"""The command `cnn-tui` and its subcommands, each from a file of its own.

These files import slow modules inside of functions, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import io
import itertools
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from engine.errors import STOP_EXIT, EngineError, UsageError
from tui.cli import (
    bare_words,
    cli_text,
    list_commands,
    run_commands,
    run_edit_commands,
    settings_check,
)
from tui.cli.cache_command import cache
from tui.cli.compare_command import compare
from tui.cli.doctor_command import doctor
from tui.cli.export_command import export
from tui.cli.inspect_command import inspect_data
from tui.cli.options import runs_option, start_options
from tui.cli.predict_command import predict
from tui.cli.queue_command import queue
from tui.cli.race_command import race
from tui.cli.report_command import report
from tui.cli.resume_command import resume
from tui.cli.runs_command import runs
from tui.cli.start_command import StartRequest, start_or_open_launcher, train
from tui.cli.status_command import status
from tui.cli.stderr_lines import say
from tui.cli.suspects_command import suspects
from tui.cli.tested_command import test
from tui.cli.wait_command import wait
from tui.cli.watch_commands import attach, demo


@contextmanager
def said_in_one_sentence(group: click.Context | None = None) -> Iterator[None]:
    """Turn errors, ours, Click's or the system's, and Ctrl+C into a sentence and an exit code.

    `group` is the context whose subcommand an error without one is about.
    """
    try:
        yield
    except EngineError as error:
        say(f"cnn-tui: {error}")
        raise click.exceptions.Exit(error.exit_code) from error
    except click.UsageError as error:
        near = _nearest(error)
        message = error.message if near else error.format_message()
        sentence = cli_text.refused(message, _subcommand(error.ctx, group), near)
        say(f"cnn-tui: {sentence}")
        raise click.exceptions.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        say(f"cnn-tui: {cli_text.STOPPED}")
        raise click.exceptions.Exit(STOP_EXIT[signal.SIGINT]) from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # a reader that has left wants no sentence
            raise
        say(f"cnn-tui: {cli_text.system_refused(error)}")
        raise click.exceptions.Exit(EngineError.exit_code) from error


def _nearest(error: click.UsageError) -> Sequence[str]:
    """The words that Click takes for meant, the nearest first."""
    return getattr(error, "possibilities", None) or ()


def _subcommand(ctx: click.Context | None, group: click.Context | None) -> str:
    """The subcommand that was parsed, as `queue add`; empty for the program itself."""
    if ctx is None:
        return group.invoked_subcommand or "" if group is not None else ""
    words: list[str] = []
    while ctx.parent is not None:
        words.insert(0, ctx.info_name or "")
        ctx = ctx.parent
    return " ".join(words)


class Cli(click.Group):
    """A group of commands, whose errors are said in one sentence."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        # A name that the encoding of the terminal lacks is shown with escapes, and ends nothing.
        if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
            sys.stdout.reconfigure(errors="backslashreplace")
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with said_in_one_sentence():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with said_in_one_sentence(ctx):
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            name, command, rest = super().resolve_command(ctx, args)
            settings_check.check(name, rest)
            return name, command, rest
        except click.UsageError as error:
            if not _nearest(error):
                bare_words.check([*itertools.takewhile(lambda word: word[:1] != "-", args)])
            raise


@click.group(cls=Cli, invoke_without_command=True, help=cli_text.HELP)
@click.version_option(None, "--version", package_name="cnn-tui", message="%(package)s %(version)s")
@start_options
@runs_option
@click.pass_context
def main(ctx: click.Context, /, **options: Any) -> None:
    if ctx.invoked_subcommand is None:
        settings_check.check(None)
        start_or_open_launcher(StartRequest.from_options(**options))
        return
    dropped = [
        parameter.opts[0]
        for parameter in ctx.command.params
        if parameter.name in options
        and ctx.get_parameter_source(parameter.name) is not click.core.ParameterSource.DEFAULT
    ]
    if dropped:
        raise UsageError(cli_text.options_before(ctx.invoked_subcommand, dropped))


for command in (
    train,
    attach,
    demo,
    resume,
    queue,
    doctor,
    inspect_data,
    predict,
    status,
    wait,
    export,
    report,
    compare,
    test,
    suspects,
    race,
    runs,
    cache,
    *run_edit_commands.COMMANDS,
    *list_commands.COMMANDS,
    *run_commands.COMMANDS,
):
    main.add_command(command)
