"""The rows of a list of runs: which runs it shows, in which order, and their cells in columns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from engine.run.conditions import Condition
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.table import Column
from tui.viewer import run_columns, run_list, run_selection, viewer_text
from tui.viewer.run_columns import RunColumn
from tui.viewer.run_summary import LIVE, RunSummary

# Longer texts would leave no room for other columns.
LONGEST = 28
# The signs of the order in a heading.
RISES, FALLS = "↑", "↓"


class RunsView(NamedTuple):
    """What a list of runs shows: columns by name, an order or "" for the newest, a condition."""

    columns: tuple[str, ...] = run_columns.USUAL
    order: str = ""
    condition: Condition | None = None


class ShownRuns(NamedTuple):
    """The runs that a view shows, of how many, and their columns."""

    view: RunsView
    runs: Sequence[RunSummary]
    total: int
    columns: Sequence[Column]


class RunCells:
    """The texts of runs by column, kept as long as the run stays as it is. Any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, tuple[RunSummary, str]]] = {}
        self._lock = threading.Lock()

    def of(self, column: RunColumn, runs: Sequence[RunSummary]) -> list[str]:
        with self._lock:
            known = self._known.setdefault(column.name, {})
            return [_text(column, run, known) for run in runs]

    def forget_others(self, runs: Sequence[RunSummary]) -> None:
        """Forget the runs that are not among these."""
        present = {run.path for run in runs}
        with self._lock:
            for known in self._known.values():
                for gone in known.keys() - present:
                    del known[gone]


def _text(column: RunColumn, run: RunSummary, known: dict[str, tuple[RunSummary, str]]) -> str:
    before = known.get(run.path)
    if before is None or before[0] is not run:
        said = harmless(_cell(column, run))
        if len(said) > LONGEST:
            said = cells.fit_text(said, LONGEST).rstrip()
        before = known[run.path] = run, said
    return before[1]


def _cell(column: RunColumn, run: RunSummary) -> str:
    """The text of a cell; below each other, the words for the states begin in one column."""
    return viewer_text.state(run.state) if column.name == "state" else column.cell(run)


def shown_runs(
    runs: Sequence[RunSummary], view: RunsView, texts: RunCells, now: float
) -> ShownRuns:
    """The runs that meet the condition, live ones first, then in order; `now` in unix seconds."""
    found = runs
    if view.condition is not None:
        found = [*run_selection.holding(runs, view.condition, now)]
    if view.order:
        found = run_selection.in_order(found, view.order, now)
        found = sorted(found, key=lambda run: run.state not in LIVE)
    columns = [_column(run_columns.column(name), found, view, texts) for name in view.columns]
    return ShownRuns(view, found, len(runs), columns)


def _column(
    column: RunColumn, runs: Sequence[RunSummary], view: RunsView, texts: RunCells
) -> Column:
    heading = column.heading
    if view.order.removeprefix("-") == column.name:
        heading += FALLS if view.order.startswith("-") else RISES
    inks = [*map(run_list.ink, runs)] if column.name == "state" else ()
    return Column(heading, texts.of(column, runs), column.rank, column.right, inks=inks)
