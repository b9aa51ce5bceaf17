"""`cnn-tui compare`: several runs and logs side by side, on the screen or printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RunError, UsageError
from tui.cli import compare_command_text, viewer_start
from tui.cli.options import all_named, ascii_option, json_option, named, runs_option
from tui.cli.printed_json import print_object
from tui.viewer.compared_axes import AXES

if TYPE_CHECKING:
    from engine.comparison.comparison import Comparison
    from tui.viewer.compared_axes import Axis
    from tui.viewer.event_source import EventSource


@click.command(help=compare_command_text.HELP)
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN…", callback=all_named)
@click.option("--x", "axis", type=click.Choice(AXES), help=compare_command_text.HELP_X)
@click.option(
    "--baseline",
    default="",
    callback=named,
    metavar="RUN",
    help=compare_command_text.HELP_BASELINE,
)
@json_option
@ascii_option
@runs_option
def compare(
    runs: Sequence[str],
    axis: Axis | None,
    baseline: str,
    as_json: bool,
    ascii_only: bool,
    runs_dir: Path,
) -> None:
    from tui.viewer import source_opening

    sources = source_opening.open_all(runs_dir, runs)
    base = _baseline(sources, runs_dir, baseline) if baseline else ""
    if as_json:
        print_object(_comparison(sources))
    elif viewer_start.on_screen():
        viewer_start.show_comparison(sources, runs_dir, axis, base, ascii_only=ascii_only)
    else:
        from tui.cli.comparison_lines import print_comparison

        print_comparison(_comparison(sources))


def _baseline(sources: Sequence[EventSource], runs_dir: Path, baseline: str) -> str:
    """The resolved path of the baseline. Raises UsageError unless it is one of these."""
    from engine.run import run_search

    run = run_search.look_for(runs_dir, baseline)
    paths = {source.run.path if source.run else Path(source.selector) for source in sources}
    path = (run.path if run is not None else Path(baseline)).resolve()
    if path not in {each.resolve() for each in paths}:
        raise UsageError(compare_command_text.no_baseline(baseline))
    return str(path)


def _comparison(sources: Sequence[EventSource]) -> Comparison:
    """All that is said about these. Raises RunError where one cannot be read."""
    from engine.comparison.compared_training import compared
    from engine.comparison.comparison import comparison
    from tui.viewer.log_follower import LogFollower

    for source in sources:
        while source.update().more:
            pass
        if isinstance(source, LogFollower) and source.unreadable:
            raise RunError(source.unreadable)
    return comparison([compared(s.label, s.history, s.run) for s in sources])
