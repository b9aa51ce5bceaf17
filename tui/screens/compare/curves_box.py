"""The curves of a comparison in a frame: the mouse puts the cursor, and zooms."""

from __future__ import annotations

from textual import events as textual_events
from textual.message import Message

from engine.text import harmless
from tui.drawing import axis, cells, compared_axis
from tui.drawing.axis import Limits
from tui.drawing.cells import Row, Span
from tui.drawing.compared_plot import framed_plot
from tui.drawing.frame import fitting, room
from tui.screens.compare import compare_text as words
from tui.screens.compare.comparing import ZOOM, Comparing
from tui.widgets.drawn import CellWidget

# A drag over fewer columns is a click.
LEAST_DRAG = 2


class CurvesBox(CellWidget, can_focus=True):
    """Draws what the comparison shows."""

    class Viewed(Message):
        """The mouse has changed the view."""

    def __init__(self, comparing: Comparing, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._comparing = comparing
        # The column of the plot in which a drag began, and the one in which it is.
        self._drag: tuple[int, int] | None = None

    # Drawing

    def draw(self, width: int, height: int) -> list[Row]:
        comparing, title = self._comparing, self._title()
        columns = max(1, width - 2 - axis.gutter(max(0, width - 2)))
        curves = comparing.overlaid(2 * columns)
        return framed_plot(
            curves,
            width,
            height,
            window=comparing.window,
            scale=comparing.scale(curves),
            ticks=self._ticks(max(0, width - 2)),
            title=title,
            facts=fitting(self._facts(), room(width, title)),
            cursor=comparing.cursor,
            chosen=self._chosen,
            empty=words.ALL_HIDDEN if comparing.quantity else words.EMPTY,
            focused=True,
        )

    def _title(self) -> Row:
        view = self._comparing.view
        words_of_view = [
            words.smoothing(view.smoothing) if view.smoothing else "",
            words.LOG if view.log else "",
            words.FOLDED if self._comparing.has_folded else "",
            words.zoomed(view.window, self._comparing.curves.whole) if view.window else "",
        ]
        said = ", ".join(filter(None, words_of_view))
        name = Span(harmless(words.quantity(self._comparing.quantity)), "title")
        return cells.row(name, Span(f"  {said}" if said else "", "dim"))

    def _facts(self) -> list[Row]:
        """What is left to read, or where the cursor is."""
        read = words.being_read(self._comparing.compared.read_share)
        if self._comparing.cursor is None:
            return [(Span(read, "dim"),)]
        axis_name = self._comparing.axis
        start, end = self._comparing.window
        place = compared_axis.written(axis_name, self._comparing.cursor, (end - start) / 200)
        return [(Span(words.at_cursor(axis_name, place), "key"),)]

    def _ticks(self, width: int) -> Row:
        comparing, left = self._comparing, axis.gutter(width)
        return compared_axis.ticks(comparing.axis, comparing.window, width, left, comparing.cursor)

    @property
    def columns(self) -> int:
        """The columns of the plot."""
        width = max(0, self.size.width - 2)
        return max(1, width - axis.gutter(width))

    # The mouse

    @property
    def _chosen(self) -> Limits | None:
        """The part of the axis that is being dragged over."""
        if self._drag is None:
            return None
        first, last = sorted(self._drag)
        return self._place(first), self._place(last + 1)

    def _place(self, column: int) -> float:
        start, end = self._comparing.window
        return start + (end - start) * max(0, min(column, self.columns)) / self.columns

    def _column(self, event: textual_events.MouseEvent) -> int:
        """The column of the plot under the pointer, which may lie beside it."""
        return int(event.x) - 1 - axis.gutter(max(0, self.size.width - 2))

    def on_mouse_down(self, event: textual_events.MouseDown) -> None:
        column = self._column(event)
        if event.button == 1 and 0 <= column < self.columns:
            self._drag = column, column
            self.capture_mouse()

    def on_mouse_move(self, event: textual_events.MouseMove) -> None:
        if self._drag is None:
            return
        column = max(0, min(self._column(event), self.columns - 1))
        if column != self._drag[1]:
            self._drag = self._drag[0], column
            self.redraw()

    def on_mouse_up(self, event: textual_events.MouseUp) -> None:
        if self._drag is None:
            return
        self.release_mouse()
        first, last = sorted(self._drag)
        chosen, self._drag = self._chosen, None
        if last - first >= LEAST_DRAG and chosen is not None:
            self._comparing.show(*chosen)
        else:
            self._comparing.cursor = (self._place(first) + self._place(first + 1)) / 2
        self.post_message(self.Viewed())

    def on_mouse_scroll_up(self, event: textual_events.MouseScrollUp) -> None:
        self._turn_wheel(event, ZOOM)

    def on_mouse_scroll_down(self, event: textual_events.MouseScrollDown) -> None:
        self._turn_wheel(event, 1 / ZOOM)

    def _turn_wheel(self, event: textual_events.MouseEvent, factor: float) -> None:
        self._comparing.zoom(factor, self._place(self._column(event)))
        self.post_message(self.Viewed())
