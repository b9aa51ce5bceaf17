"""`cnn-tui attach` and `cnn-tui demo`: watch a run, a log, or a recorded run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RunError, UsageError
from tui.cli import cli_text, viewer_start
from tui.cli.options import ascii_option, run_argument, runs_option
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


@click.command(help=cli_text.HELP_ATTACH)
@run_argument
@click.option("--once", is_flag=True, help=cli_text.HELP_ONCE)
@click.option("--columns", default="", metavar="WHAT=COLUMN,…", help=cli_text.HELP_COLUMNS)
@ascii_option
@runs_option
def attach(run: str, once: bool, columns: str, ascii_only: bool, runs_dir: Path) -> None:
    from engine.run import run_search
    from tui.viewer.log_or_run import may_be_log

    if run and run_search.look_for(runs_dir, run) is None and may_be_log(run):
        from engine.run.run_at_path import path_typed
        from tui.cli.attached_log import watch_logs

        watch_logs(path_typed(run), columns, once=once, ascii_only=ascii_only)
    elif columns:
        raise UsageError(cli_text.COLUMNS_OF_LOG)
    else:
        if not run:
            _name_live_elsewhere(runs_dir)
        _watch_run(run_search.find(runs_dir, run), runs_dir, run, once=once, ascii_only=ascii_only)


def _name_live_elsewhere(runs_dir: Path) -> None:
    """Raise RunError with the name of a live run elsewhere if the folder holds no run."""
    from engine.run import run_search

    if not run_search.list_runs(runs_dir) and (live := run_search.live_here(runs_dir)) is not None:
        raise RunError(cli_text.live_elsewhere(runs_dir, live.label, _selector_of(live, runs_dir)))


def _selector_of(live: RunDir, runs_dir: Path) -> str:
    """The name of a run in another folder, or its path where several have the name."""
    from engine.run import run_search

    try:
        run_search.look_for(runs_dir, live.label)
    except RunError:
        return str(live.path)
    return live.label


def _watch_run(
    found: RunDir, runs_dir: Path, selector: str, *, once: bool, ascii_only: bool
) -> None:
    from tui.cli import newest_run

    tell_if_elsewhere(found, runs_dir, selector)
    note = "" if selector else newest_run.live_instead(found, runs_dir)
    if viewer_start.shows_frame(once=once):
        from tui.cli import single_frame
        from tui.viewer.run_follower import RunFollower

        if note:
            say(note)
        click.echo(single_frame.frame(RunFollower(found), ascii_only=ascii_only))
    else:
        viewer_start.watch(found, runs_dir, started=False, ascii_only=ascii_only, note=note)


@click.command(help=cli_text.HELP_DEMO)
@ascii_option
def demo(ascii_only: bool) -> None:
    if not viewer_start.on_screen():
        why = viewer_start.no_screen(cli_text.NO_DEMO)
        raise UsageError(why or cli_text.DEMO_NEEDS_TERMINAL)
    viewer_start.play_demo(ascii_only=ascii_only)
