"""A few rows of text that a screen sets, plain or framed."""

from __future__ import annotations

from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.widgets.drawn import CellWidget


class Lines(CellWidget):
    """A few rows of text that the screen sets."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._lines: list[Row] = []

    def say(self, *lines: Row) -> None:
        self._lines = list(lines)
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        return self._lines


class Details(Lines):
    """The marked architecture in a frame."""

    title = ""

    def draw(self, width: int, height: int) -> list[Row]:
        return frame(self._lines, width, height, title=(Span(self.title, "title"),))
