"""A framed list of very many rows, in which the choice moves within what is shown."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.drawing.choices import scrolled_range
from tui.widgets.chooser import Chooser


class LongList(Chooser):
    """Scrolls only when the choice leaves the rows that are shown, so most keys change two rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    # The first row that is shown.
    _first = 0

    def _visible(self, room: int) -> range:
        return scrolled_range(len(self), self._at, room, self._first)

    def redraw(self) -> None:
        self._first = self._visible(self._room).start
        super().redraw()

    @property
    def _room(self) -> int:
        """The rows between the heading and the lower border."""
        return max(1, self.size.height - 2 - self._heading)

    def action_page(self, pages: int) -> None:
        """Move the choice by as many rows as are shown."""
        self.action_move(pages * self._room)
