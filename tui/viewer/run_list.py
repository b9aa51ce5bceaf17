"""The columns of a list of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine import numbers
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Ink, Span
from tui.drawing.spark import sparkline
from tui.drawing.table import Column
from tui.viewer import viewer_text
from tui.viewer.run_summary import RunSummary

# A longer name would leave no room for the other columns.
LONGEST_NAME = 28
LONGEST_ERROR = 50
STATE_INKS: Mapping[str, Ink] = {
    "live": "good",
    "paused": "rate",
    "queued": "dim",
    "failed": "error",
    "silent": "warning",
}


def run_columns(runs: Sequence[RunSummary]) -> list[Column]:
    """Sign and number, name, state, data or program, epoch, best accuracy, time, error."""
    return [
        Column("", [_sign(run) for run in runs]),
        Column("", [_name(run) for run in runs], gap=1),
        Column("", [viewer_text.STATE_WORDS[run.state] for run in runs], 3, inks=[*map(ink, runs)]),
        Column("", [harmless(data(run)) for run in runs], 6),
        Column("", [epochs(run) for run in runs], 1, True),
        Column("", [best(run) for run in runs], 2, True),
        Column("", [sparkline(run.top1, 7, 0.0, 1.0) if run.top1 else "" for run in runs], 5),
        Column("", [_time(run) for run in runs], 4, True),
        Column("", [_cut(run.error, LONGEST_ERROR) for run in runs], 7, ink="error"),
    ]


def ink(run: RunSummary) -> Ink:
    """The ink of its state."""
    return STATE_INKS.get(run.state, "plain")


def _sign(run: RunSummary) -> str:
    number = "" if run.number is None else f" {run.number:>3}"
    return viewer_text.SIGNS[run.state] + number


def _name(run: RunSummary) -> str:
    return _cut(run.name, LONGEST_NAME)


def _cut(said: str, width: int) -> str:
    return cells.text(cells.shortened((Span(harmless(said)),), width))


def state(run: RunSummary) -> str:
    """`● training`: the sign and the word of its state."""
    return viewer_text.state(run.state).strip()


def data(run: RunSummary) -> str:
    """The data set without its folders; of a run without one, the program that trains."""
    return run.program or Path(run.data).name


def epochs(run: RunSummary) -> str:
    """`12/30`: the epoch that the dashboard names; empty before the run has a plan.

    Of a program that does not tell its plan, the epochs that have ended.
    """
    if not run.epochs:
        return f"{run.epoch}" if run.epoch else ""
    epoch = run.epoch if run.state == "done" else min(run.epoch + 1, run.epochs)
    return f"{epoch}/{run.epochs}"


def best(run: RunSummary) -> str:
    """The best validation accuracy; empty before the first."""
    return _share(run.best_top1)


def tested(run: RunSummary) -> str:
    """The accuracy on the test images; empty unless the run ended with it."""
    return _share(run.test_top1)


def _share(fraction: float | None) -> str:
    return "" if fraction is None else numbers.share(fraction)


def _time(run: RunSummary) -> str:
    if run.state == "live" and run.remaining is not None:
        return shared_text.time_left(numbers.duration(run.remaining))
    return numbers.duration(run.seconds) if run.seconds else ""
