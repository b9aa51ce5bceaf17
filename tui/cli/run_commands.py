"""`cnn-tui stop`, `pause`, `continue` and `checkpoint`: commands to the engine of a live run."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli import cli_text
from tui.cli.options import json_option, run_argument, runs_option
from tui.cli.printed_json import print_line
from tui.cli.taken_run import tell_if_elsewhere


def _run_command(name: str, help_text: str) -> click.Command:
    """`cnn-tui NAME [RUN]`, which sends the command of that name to the run."""

    @click.command(name=name, help=help_text)
    @run_argument
    @json_option
    @runs_option
    def command(run: str, as_json: bool, runs_dir: Path) -> None:
        from engine.errors import RunError
        from engine.protocol import commands
        from engine.run import run_search, spool
        from tui.viewer import run_summary

        found = run_search.find_live(runs_dir, run)
        tell_if_elsewhere(found, runs_dir, run)
        state, refusals = run_summary.state_now(found), run_summary.refusals_now(found)
        if why := refusals.get(name.capitalize()):
            raise RunError(why)
        sent = spool.send(found, getattr(commands, name.capitalize()))
        if as_json:
            said = {"command": name, "id": sent, "run": found.label, "path": str(found.path)}
            print_line(said | {"state": state})
        else:
            click.echo(cli_text.command_sent(name, found.label, state))

    return command


COMMANDS = (
    _run_command("stop", cli_text.HELP_STOP),
    _run_command("pause", cli_text.HELP_PAUSE),
    _run_command("continue", cli_text.HELP_CONTINUE),
    _run_command("checkpoint", cli_text.HELP_CHECKPOINT),
)
