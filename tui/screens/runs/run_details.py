"""The box below the table, with what its columns have no room for."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.recipes.recipe_toml import as_setting
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.drawing.spark import sparkline
from tui.drawing.wrapping import wrapped
from tui.screens.runs import runs_screen_text
from tui.viewer import run_columns, run_list
from tui.viewer.run_summary import RunSummary
from tui.widgets.drawn import CellWidget

CURVE = 24


class RunDetails(CellWidget):
    """The chosen run: its state and curve, what it was asked for, its tags and its note."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._run: RunSummary | None = None

    def show(self, run: RunSummary | None) -> None:
        self._run = run
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        run = self._run
        rows = fitting_rows(details(run, width - 4), height - 2) if run is not None else []
        title = Span(harmless(runs_screen_text.label(run.number, run.name)) if run else "", "title")
        inside = [cells.row(" ", *row) for row in rows]
        return frame(inside, width, height, title=cells.row(title))


def fitting_rows(rows: Sequence[Row], room: int) -> Sequence[Row]:
    """The rows for which there is room; where some are left out, the last one ends with `…`."""
    if len(rows) <= room or room < 1:
        return rows
    return [*rows[: room - 1], cells.row(*rows[room - 1], Span(" …", "dim"))]


def details(run: RunSummary, width: int) -> list[Row]:
    """The state with the curve of the accuracy, the settings, the note, and why the run failed."""
    rows = [_state(run), cells.row(Span(_settings(run), "rate")), *_notes(run)]
    if run.error:
        lines = wrapped(harmless(run.error), width)
        rows[1:1] = [cells.row(Span(line, "error")) for line in lines]
    return [cells.shortened(row, width) for row in rows if row]


def _state(run: RunSummary) -> Row:
    spans = [Span(run_list.state(run), run_list.ink(run))]
    if epochs := run_list.epochs(run):
        spans.append(Span(f"   {runs_screen_text.EPOCH} {epochs}", "dim"))
    if run.top1:
        spans.append(
            Span(f"   {sparkline(run.top1, min(CURVE, len(run.top1)), 0.0, 1.0)}", "validation")
        )
    if run.best_top1 is not None:
        best = f"   {runs_screen_text.best(numbers.share(run.best_top1), run.best_epoch)}"
        spans.append(Span(best))
    if run.state == "live" and run.remaining is not None:
        left = runs_screen_text.left(numbers.duration(run.remaining))
        spans.append(Span(f"   {left}", "dim"))
    return cells.row(*spans)


def _settings(run: RunSummary) -> str:
    """The recipe and what differs from it; of another program, what it told."""
    if run.program:
        told = " ".join(f"{name}={as_setting(value)}" for name, value in run.settings.items())
        return runs_screen_text.asked("", told)
    return runs_screen_text.asked(run.preset, run_columns.column("changed").cell(run))


def _notes(run: RunSummary) -> list[Row]:
    tags = " ".join(f"#{tag}" for tag in run.tags)
    gap = "   " if tags and run.note else ""
    return [cells.row(Span(harmless(tags), "key"), gap, Span(harmless(run.note)))]
