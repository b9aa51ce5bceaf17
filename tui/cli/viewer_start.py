"""Starts the app on this terminal, or replaces this process by the engine."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias, TypedDict

from engine.errors import UsageError
from tui import shared_text
from tui.cli import cli_text, settings_check
from tui.cli.stderr_lines import say

if TYPE_CHECKING:
    from engine.logs.log_search import FoundLog, FoundLogs
    from engine.recipes.recipe import Recipe
    from engine.run.run_lock import Claim
    from engine.run.run_paths import RunDir
    from tui.app import CnnTui
    from tui.viewer.compared_axes import Axis
    from tui.viewer.event_source import EventSource

    LogOpening: TypeAlias = Callable[[FoundLog], EventSource]


# The values of TERM for terminals on which no cursor can be moved.
TYPEWRITERS = ("", "dumb", "unknown")


def on_screen() -> bool:
    """Whether input, output and errors are all a terminal that can be drawn on."""
    return _on_terminal() and os.environ.get("TERM", "") not in TYPEWRITERS


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def no_screen(instead: str) -> str:
    """If this terminal cannot be drawn on, a sentence that says so, and what to do instead."""
    if on_screen() or not _on_terminal():
        return ""
    return cli_text.no_screen(os.environ.get("TERM", ""), instead)


def shows_frame(*, once: bool) -> bool:
    """Whether `attach` prints a frame: it is wanted, or nothing can be drawn on this terminal.

    Raises UsageError where there is no terminal.
    """
    if once:
        return True
    if why := no_screen(cli_text.FRAME_INSTEAD):
        say(why)
        return True
    if not on_screen():
        raise UsageError(cli_text.ATTACH_NEEDS_TERMINAL)
    return False


def train(
    claim: Claim,
    chosen: Recipe,
    runs_dir: Path,
    *,
    options: Sequence[str] = (),
    no_ui: bool,
    ascii_only: bool,
) -> NoReturn:
    """Start the engine with these options and watch it.

    With `no_ui`, or where nothing can be drawn, the engine replaces this process and prints lines.
    """
    from engine.start import launch

    settings_check.tell_doubts()
    if not no_ui and (why := no_screen(cli_text.LINES_INSTEAD)):
        say(why)
    if no_ui or not on_screen():
        launch.exec_engine(claim, chosen, *options)
    launch.spawn(claim, chosen, *options)
    watch(claim.run, runs_dir, started=True, ascii_only=ascii_only)


def watch(
    run: RunDir, runs_dir: Path, *, started: bool, ascii_only: bool, note: str = ""
) -> NoReturn:
    """Show the dashboard of a run, and a note on it."""

    def follow() -> EventSource:
        from tui.viewer.run_follower import RunFollower

        return RunFollower(run, time.time() if started else None)

    name = run.label if run.number is None else f"{run.number} {run.name}"
    farewell = shared_text.goes_on(run.label, run.selector) if started else ""
    with _terminal_traits(ascii_only, farewell) as traits:
        from tui.app import CnnTui
    app = CnnTui(
        runs_dir,
        watch=follow,
        name=name,
        started=started,
        farewell=farewell,
        note=note,
        **traits,
    )
    _show(app)


def watch_log(log: FoundLog, open_log: LogOpening, *, ascii_only: bool) -> NoReturn:
    """Show the dashboard of a log."""
    with _terminal_traits(ascii_only) as traits:
        from tui.app import CnnTui
    _show(CnnTui(log.path, watch=partial(open_log, log), name=log.path.name, **traits))


def show_race(runs_dir: Path, label: str, *, ascii_only: bool) -> NoReturn:
    """Show the leader board of a race."""
    with _terminal_traits(ascii_only) as traits:
        from tui.cli.race_app import RaceApp
    _show(RaceApp(runs_dir, label, **traits))


def choose_log(
    folder: Path, found: FoundLogs, open_log: LogOpening, *, ascii_only: bool
) -> NoReturn:
    """Show the list of the logs below a folder."""
    with _terminal_traits(ascii_only) as traits:
        from tui.cli.logs_app import LogsApp
    _show(LogsApp(folder, found, open_log, **traits))


def show_comparison(
    sources: Sequence[EventSource],
    runs_dir: Path,
    axis: Axis | None,
    baseline: str,
    *,
    ascii_only: bool,
) -> NoReturn:
    """Compare these sources; see `CompareScreen`."""
    with _terminal_traits(ascii_only) as traits:
        from tui.cli.compare_app import CompareApp
    _show(CompareApp(sources, runs_dir, axis, baseline, **traits))


def open_launcher(runs_dir: Path, data_dir: str, *, ascii_only: bool) -> NoReturn:
    settings_check.tell_doubts()
    with _terminal_traits(ascii_only) as traits:
        from tui.app import CnnTui
    _show(CnnTui(runs_dir, data_dir=data_dir, **traits))


def play_demo(*, ascii_only: bool) -> NoReturn:
    """Play the recorded run into a temporary folder, and show its dashboard."""
    with _terminal_traits(ascii_only) as traits:
        from tui.cli.demo import Demo
    from engine.machine.temporary_folder import temporary_folder

    with temporary_folder() as folder:
        _show(Demo(folder, **traits))


class TerminalTraits(TypedDict, total=False):
    """Arguments of the app that the terminal decides."""

    ascii_only: bool
    typed: str


@contextlib.contextmanager
def _terminal_traits(ascii_only: bool, farewell: str = "") -> Iterator[TerminalTraits]:
    """Ask the terminal how it draws while the body imports the app; the result is filled on exit.

    From here on a signal that ends the program gives the terminal back and prints the farewell.
    Imports leave no garbage, so garbage collection is off until the app turns it on.
    """
    from tui.terminal import ambiguous_width, ending_signals, line_writer, tmux_clients

    def leave(code: int) -> NoReturn:
        line_writer.say(farewell)
        sys.exit(code)

    ending_signals.handle(leave)
    gc.disable()
    traits = TerminalTraits()
    without_utf8 = tmux_clients.ask()
    with ambiguous_width.asked() as terminal:
        yield traits
    traits["ascii_only"] = ascii_only or terminal.wide or without_utf8()
    traits["typed"] = terminal.typed


def _show(app: CnnTui) -> NoReturn:
    """Run the app until its user leaves."""
    app.run()
    sys.exit(app.return_code or 0)
