"""Rows in a frame, which the arrows move where they are longer than the frame."""

from __future__ import annotations

from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.widgets import widget_text
from tui.widgets.drawn import CellWidget


class ScrolledRows(CellWidget):
    """Shows `content`, a title, and what one still waits for."""

    def __init__(self, title: str, foot: str, waiting: str) -> None:
        super().__init__()
        self._title, self._foot = title, foot
        self.waiting = waiting
        """What has still to come, in the upper border; empty once all is there."""
        self._top = self._rows_below = 0
        # The content at a width; to move it, it is not made again.
        self._made: tuple[int, list[Row]] | None = None

    def content(self, width: int) -> list[Row]:
        """All rows, each at most `width` cells."""
        raise NotImplementedError

    def make_anew(self) -> None:
        """The content is another one."""
        self._made = None
        self.redraw()

    def move(self, rows: int) -> None:
        self._top = max(0, min(self._top + rows, self._rows_below))
        self.redraw()

    def page(self, pages: int) -> None:
        self.move(pages * max(1, self.size.height - 3))

    def draw(self, width: int, height: int) -> list[Row]:
        inside = max(1, height - 2)
        if self._made is None or self._made[0] != width:
            self._made = width, self.content(max(1, width - 3))
        rows = self._made[1]
        self._rows_below = max(0, len(rows) - inside)
        self._top = min(self._top, self._rows_below)
        below = self._rows_below - self._top
        more = self.spelled(widget_text.more_rows(below)) if below else ""
        return frame(
            rows[self._top : self._top + inside],
            width,
            height,
            title=(Span(self._title, "title"),),
            facts=(Span(self.waiting, "dim"),),
            foot=(Span(self._foot, "dim"),),
            foot_right=(Span(more, "dim"),),
            focused=True,
        )
