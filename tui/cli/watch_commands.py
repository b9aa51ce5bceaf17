"""`cnn-tui attach` and `cnn-tui demo`: watch a run, or a recorded one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import UsageError
from tui.cli import cli_text, viewer_start
from tui.cli.options import ascii_option, run_argument, runs_option
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


@click.command(help=cli_text.HELP_ATTACH)
@run_argument
@click.option("--once", is_flag=True, help=cli_text.HELP_ONCE)
@ascii_option
@runs_option
def attach(run: str, once: bool, ascii_only: bool, runs_dir: Path) -> None:
    from engine.run import run_search
    from tui.cli import newest_run

    found = run_search.find(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    note = "" if run else newest_run.live_instead(found, runs_dir)
    if once:
        _print_frame(found, note, ascii_only=ascii_only)
    elif why := viewer_start.no_screen(cli_text.FRAME_INSTEAD):
        say(why)
        _print_frame(found, note, ascii_only=ascii_only)
    elif not viewer_start.on_screen():
        raise UsageError(cli_text.ATTACH_NEEDS_TERMINAL)
    else:
        viewer_start.watch(found, runs_dir, started=False, ascii_only=ascii_only, note=note)


def _print_frame(run: RunDir, note: str, *, ascii_only: bool) -> None:
    from tui.cli import single_frame
    from tui.viewer.run_follower import RunFollower

    if note:
        say(note)
    click.echo(single_frame.frame(RunFollower(run), ascii_only=ascii_only))


@click.command(help=cli_text.HELP_DEMO)
@ascii_option
def demo(ascii_only: bool) -> None:
    if not viewer_start.on_screen():
        why = viewer_start.no_screen(cli_text.NO_DEMO)
        raise UsageError(why or cli_text.DEMO_NEEDS_TERMINAL)
    viewer_start.play_demo(ascii_only=ascii_only)
