"""`cnn-tui status`: what a run is doing now, in words or for a script."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RunError
from tui.cli import status_text
from tui.cli.options import json_option, run_argument, runs_option
from tui.cli.printed_json import print_line, print_object
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


@click.command(help=status_text.HELP_STATUS)
@run_argument
@json_option
@click.option("--since", type=click.IntRange(0), metavar="SEQ", help=status_text.HELP_SINCE)
@runs_option
def status(run: str, as_json: bool, since: int | None, runs_dir: Path) -> None:
    from engine.run import run_search
    from tui.cli import newest_run

    found = run_search.find_readable(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    if not run and (note := newest_run.live_instead(found, runs_dir)):
        say(note)
    if since is not None:
        _print_since(found, since)
    elif as_json:
        _print_json(found)
    else:
        _print_lines(found)


def _print_json(run: RunDir) -> None:
    from tui.viewer import run_status

    print_object(run_status.status_now(run, time.time()))


def _print_lines(run: RunDir) -> None:
    from engine.run import run_liveness
    from tui.cli import status_lines
    from tui.screens.verdicts import judgements
    from tui.viewer import run_status, run_summary

    now = time.time()
    # First the lock, then the journal: so everything that an ending engine writes is read.
    liveness = run_liveness.liveness(run)
    history = run_summary.read_history(run)
    status = run_status.status_of(run, history, liveness, now)
    for line in status_lines.lines(status, now, judgements(history)):
        click.echo(line)


def _print_since(run: RunDir, seq: int) -> None:
    """One line for each event, then one with the number to go on with."""
    from engine.run import run_text
    from engine.run.events_since import EventsSince
    from engine.run.journal_tail import JournalChangedError

    since = EventsSince(run.journal, seq)
    try:
        for event in since.read():
            print_line(event)
    except JournalChangedError as error:
        raise RunError(run_text.JOURNAL_CHANGED) from error
    print_line({"type": "Since", "seq": since.seq, "superseded": since.superseded})
