"""A dialog with validation images that the pane requested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.protocol.events import Example
from tui import shared_text
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.panes.confusion import confusion_text, mistake_images
from tui.terminal.fine_screen import FineModalScreen
from tui.widgets.drawn import CellWidget, has_shades


class ImagePages(CellWidget):
    """The images in a frame, one page at a time."""

    def __init__(
        self, title: str, shown: Sequence[Example], classes: Sequence[str], count: int, at: str
    ) -> None:
        super().__init__()
        self._heading, self._shown, self._names, self._count = title, shown, classes, count
        self._at, self._first = at, 0

    def turn(self, pages: int) -> None:
        """Turn this many pages, unless there are no images there."""
        width, height = self._room(*self.size)
        caption = mistake_images.caption_rows(self._shown)
        page = mistake_images.grid(len(self._shown), width, height, caption).page
        first = self._first + pages * page
        if 0 <= first < len(self._shown):
            self._first = first
            self.redraw()

    def on_resize(self) -> None:
        self._first = 0
        super().on_resize()

    def draw(self, width: int, height: int) -> list[Row]:
        room = self._room(width, height)
        caption = mistake_images.caption_rows(self._shown)
        page = mistake_images.grid(len(self._shown), *room, caption).page
        coloured = has_shades(self.app)
        rows = mistake_images.examples_grid(self._shown, self._names, *room, self._first, coloured)
        last = min(len(self._shown), self._first + page)
        facts = shared_text.some_of(self._first + 1, last, len(self._shown))
        if self._count > len(self._shown):
            facts = confusion_text.some_of_all(facts, f"{self._count:,}")
        more = confusion_text.PAGES if page < len(self._shown) else ""
        if len(rows) < room[1]:
            rows.insert(0, ())
        return frame(
            [(Span("  "), *row) for row in rows],
            width,
            height,
            title=(Span(self._heading, "title"),),
            facts=(Span(facts, "dim"),),
            foot=(Span(confusion_text.pictures_foot(self._at), "dim"),),
            foot_right=(Span(more, "dim"),) if more else (),
            focused=True,
        )

    @staticmethod
    def _room(width: int, height: int) -> tuple[int, int]:
        return max(0, width - 6), max(0, height - 2)


class ImagesDialog(FineModalScreen[None]):
    """Any of Escape, Enter and q closes it; arrows turn the pages."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", show=False),
        Binding("right,down,l,j,space,pagedown", "turn(1)", show=False),
        Binding("left,up,h,k,pageup", "turn(-1)", show=False),
    ]

    def __init__(
        self, title: str, shown: Sequence[Example], classes: Sequence[str], count: int, at: str
    ) -> None:
        """`count` images belong to the cell; fewer are `shown`, as judged `at` an epoch."""
        super().__init__()
        self._pages = ImagePages(title, shown, classes, count, at)

    def compose(self) -> ComposeResult:
        yield self._pages

    def action_turn(self, pages: int) -> None:
        self._pages.turn(pages)
