"""The table of the compared runs: values at the cursor, or the settings that differ."""

from __future__ import annotations

from textual import events as textual_events
from textual.message import Message

from engine.text import harmless
from tui.drawing import cells, compared_rows
from tui.drawing.cells import Row, Span
from tui.screens.compare import compare_text as words
from tui.screens.compare import value_columns
from tui.screens.compare.comparing import Comparing
from tui.widgets.drawn import CellWidget


class RunsTable(CellWidget):
    """A heading and a row for each run; a sentence below says which ones have no such axis."""

    class Chosen(Message):
        """The row of the run with this letter was clicked."""

        def __init__(self, letter: str) -> None:
            super().__init__()
            self.letter = letter

    def __init__(self, comparing: Comparing, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._comparing = comparing
        self.shows_settings = False
        self._seen = range(0)

    @property
    def rows_wanted(self) -> int:
        """The rows for all runs, the heading and the sentence below."""
        return len(self._comparing.rows) + 1 + bool(self._comparing.curves.without_axis)

    def draw(self, width: int, height: int) -> list[Row]:
        comparing = self._comparing
        rows, said = comparing.rows, self._said(width)
        if self.shows_settings:
            columns = value_columns.setting_columns(rows)
            if len(columns) == 1:
                said = [(Span(f" {words.NO_DIFFERENCE}", "dim"),)]
        else:
            columns = value_columns.value_columns(comparing, rows)
        room, selected = height - len(said), comparing.selected_at
        self._seen = compared_rows.seen_rows(len(rows), selected, room)
        return [*compared_rows.rows_below(columns, selected, width, room), *said]

    def _said(self, width: int) -> list[Row]:
        without = self._comparing.curves.without_axis
        if not without:
            return []
        labels = [f"{run.letter} {harmless(run.label)}" for run in without]
        words_of = words.no_axis(labels, self._comparing.axis)
        return [cells.shortened((Span(f" {words_of}", "dim"),), width)]

    def on_click(self, event: textual_events.Click) -> None:
        at = int(event.y) - 1
        if 0 <= at < len(self._seen):
            self.post_message(self.Chosen(self._comparing.rows[self._seen[at]].letter))
