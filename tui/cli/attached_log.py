"""Shows the logs of other programs: one of them, or a list of many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RunError, UsageError
from engine.logs import column_names, log_search
from engine.logs.log_search import FoundLog
from tui.cli import cli_text, viewer_start

if TYPE_CHECKING:
    from tui.viewer.log_follower import LogFollower


def watch_logs(path: Path, columns: str, *, once: bool, ascii_only: bool) -> None:
    """Show the log at a path, or choose from those below it.

    `columns` is what the user says of the columns of a table. Where nothing can be drawn, and with
    `once`, prints one frame, or the list. Raises RunError if there is no log, and UsageError.
    """
    found, names = log_search.find(path), column_names.parse(columns) if columns else {}

    def open_log(log: FoundLog) -> LogFollower:
        from engine.logs import log_opening
        from tui.viewer.log_follower import LogFollower

        return LogFollower(log_opening.reader_of(log, names), log.path)

    first, *others = found.logs
    if columns and not others and first.kind == "tensorboard":
        raise UsageError(cli_text.COLUMNS_OF_LOG)
    if others and (once or not viewer_start.on_screen()):
        from tui.cli import tables

        tables.logs(found)
    elif others:
        viewer_start.choose_log(path, found, open_log, ascii_only=ascii_only)
    elif viewer_start.shows_frame(once=once):
        _print_frame(open_log(first), ascii_only=ascii_only)
    else:
        viewer_start.watch_log(first, open_log, ascii_only=ascii_only)


def _print_frame(source: LogFollower, *, ascii_only: bool) -> None:
    """Print what the dashboard would show. Raises RunError if nothing of the log can be read."""
    from tui.cli import single_frame

    shown = single_frame.frame(source, ascii_only=ascii_only)
    if source.unreadable and source.history.run is None:
        raise RunError(source.unreadable)
    click.echo(shown)
