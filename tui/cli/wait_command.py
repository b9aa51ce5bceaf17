"""`cnn-tui wait`: waits for the end of a run, or for a condition, and tells it by the exit code."""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import STOP_EXIT
from tui.cli import status_text
from tui.cli.options import json_option, named, runs_option
from tui.cli.printed_json import print_line
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.conditions import Condition
    from engine.run.run_paths import RunDir
    from tui.viewer.run_waiting import Outcome, Waited

EXIT_CODES: Mapping[Outcome, int] = {
    "held": 0,
    "done": 0,
    "failed": 1,
    "stopped": 3,
    "never": 4,
    "timeout": 124,
}


@click.command(help=status_text.HELP_WAIT)
@click.argument("run", callback=named)
@click.option("--until", metavar="CONDITION", help=status_text.HELP_UNTIL)
@click.option("--timeout", metavar="TIME", help=status_text.HELP_TIMEOUT)
@json_option
@runs_option
def wait(run: str, until: str | None, timeout: str | None, as_json: bool, runs_dir: Path) -> None:
    try:
        waited, condition = _waited(run, until, timeout, runs_dir)
    except KeyboardInterrupt:
        say(f"cnn-tui: {status_text.STOPPED_WAITING}")
        sys.exit(STOP_EXIT[signal.SIGINT])
    _print(waited, condition, as_json=as_json)
    sys.exit(EXIT_CODES[waited.outcome])


def _waited(
    run: str, until: str | None, timeout: str | None, runs_dir: Path
) -> tuple[Waited, Condition | None]:
    """How the waiting ended, and the condition. Raises UsageError or RunError."""
    from engine.run import conditions, run_fields, run_liveness, run_search
    from tui.viewer import run_waiting

    seconds = None if timeout is None else conditions.parse_duration(timeout)
    found = run_search.find_readable(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    condition = None if until is None else _condition(found, until)

    def tell_silent() -> None:
        say(f"cnn-tui: {run_liveness.why_not_live(found)}")

    def tell_lacking(names: Sequence[str], scalars: Sequence[str]) -> None:
        known = [*run_fields.RUN_FIELDS, *scalars]
        say(f"cnn-tui: {status_text.not_reported_yet(found.label, names, known)}")

    waited = run_waiting.wait(
        found, condition, seconds, tell_silent=tell_silent, tell_lacking=tell_lacking
    )
    return waited, condition


def _condition(run: RunDir, written: str) -> Condition:
    """The condition. Raises UsageError."""
    from engine.run import conditions, run_fields
    from tui.viewer import run_status, run_summary

    @functools.cache
    def scalars() -> tuple[str, ...]:
        return run_status.scalar_names(run_summary.read_history(run))

    return conditions.parse(written, run_fields.kind_in(run_fields.RUN_FIELDS, scalars))


def _print(waited: Waited, condition: Condition | None, *, as_json: bool) -> None:
    from tui.cli import waited_line

    if as_json:
        print_line(waited)
    else:
        click.echo(waited_line.line(waited, condition))
