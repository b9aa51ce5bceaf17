"""What the end of a race says, in sentences below its board."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing.cells import Row, Span
from tui.drawing.wrapping import wrapped
from tui.widgets.drawn import CellWidget


class RaceEnd(CellWidget):
    """Nothing as long as the race goes on."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._sentences: Sequence[str] = ()

    def show(self, sentences: Sequence[str], width: int, most: int) -> None:
        """Take the rows that the sentences need in this width, or none if these are too many."""
        self._sentences = sentences
        rows = len(self._lines(width))
        self.display = 0 < rows <= most
        self.styles.height = rows
        self.redraw()

    def _lines(self, width: int) -> list[str]:
        return [line for each in self._sentences for line in wrapped(each, max(1, width - 2))]

    def draw(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [(Span(f" {line}"),) for line in self._lines(width)]
        return rows[:height]
