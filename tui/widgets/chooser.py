"""A framed list in which one row is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType
from textual.reactive import var

from tui import shared_text
from tui.drawing import cells, frame
from tui.drawing.cells import Row, Span
from tui.drawing.choices import choice_rows, visible_range
from tui.drawing.table import Column
from tui.drawing.wrapping import wrapped
from tui.widgets.drawn import CellWidget


class Chooser(CellWidget, can_focus=True):
    """A list in a frame. Each row has a key, and the arrows choose a row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
    ]

    chosen: var[str] = var("")
    """The key of the chosen row; empty if there are no rows.

    Watch it: a message would arrive too late if arrows and Enter come together.
    """

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 (Textual's name)
        heading: bool = False,
        chosen: str = "",
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(Chooser.chosen, chosen)
        self._title: Row = ()
        self._heading = heading
        # All rows, of which those that match the filter are shown.
        self._every: tuple[Sequence[str], Sequence[Column]] = (), ()
        self._columns: Sequence[Column] = ()
        self._keys: Sequence[str] = ()
        self._places: Mapping[str, int] = {}
        self.wanted = ""
        """The filter: a part of a text of the row."""
        self._foot: Row = ()
        self._facts: Sequence[str] = ()
        self._about: Sequence[Row] = ()

    def entitle(self, title: Row) -> None:
        """Set the title, on the left of the upper border."""
        self._title = title
        self.redraw()

    def fill(
        self,
        keys: Sequence[str],
        columns: Sequence[Column],
        *,
        chosen: str = "",
        facts: Sequence[str] = (),
    ) -> None:
        """Show these rows, each with its key; the chosen key stays chosen if it is among them.

        The first of the `facts` that fits stands in the upper border.
        """
        self._every = keys, columns
        self._facts = facts
        self._show_matches(chosen or self.chosen, "")

    def filter(self, wanted: str, chosen: str) -> None:
        """Show the rows that match this text; without one, the choice stays as it is."""
        self.wanted = wanted
        self._show_matches(chosen, chosen)

    def next_order(self) -> bool:
        """List in the next order; whether there is one."""
        return False

    def _show_matches(self, chosen: str, otherwise: str) -> None:
        """Show the rows that match; if the chosen row does not, choose the first that does."""
        keys, columns = self._every
        if self.wanted:
            kept = [i for i in range(len(keys)) if self.matches([c.texts[i] for c in columns])]
            keys, columns = [keys[i] for i in kept], [c.only(kept) for c in columns]
        self._keys, self._columns = keys, columns
        self._places = {key: at for at, key in enumerate(keys)}
        first = next(iter(keys), otherwise)
        self.chosen = chosen if chosen in self._places else first
        self.redraw()

    def matches(self, texts: Sequence[str]) -> bool:
        """Whether a row with these texts is shown."""
        return any(self.wanted.lower() in text.lower() for text in texts)

    def _head(self, room: int) -> Row:
        """The facts in the upper border; a filter takes their place."""
        forms = self._facts
        if self.wanted:
            forms = [shared_text.matches(self.wanted, len(self._keys), len(self._every[0]))]
        return frame.fitting([(Span(form, "dim"),) for form in forms], room)

    def note(self, foot: str) -> None:
        """Write into the lower border."""
        self._foot = (Span(foot, "dim"),) if foot else ()
        self.redraw()

    def tell(self, *rows: Row) -> None:
        """Write about the chosen row below the list, as far as there is room."""
        self._about = rows
        self.redraw()

    def complain(self, sentence: str) -> None:
        """Say why the rows cannot be read: in their place, or in the border below older ones."""
        lines = () if self._keys else wrapped(sentence, max(1, self.size.width - 4))
        self._foot = (Span(sentence, "error"),) if self._keys else ()
        self.tell(*((Span(f" {line}", "error"),) for line in lines))

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def _at(self) -> int:
        """The index of the chosen row."""
        return self._places.get(self.chosen, 0)

    def watch_chosen(self) -> None:
        self.redraw()

    def action_move(self, rows: int) -> None:
        self._go(self._at + rows)

    def _go(self, at: int) -> None:
        if self._keys:
            self.chosen = self._keys[max(0, min(at, len(self._keys) - 1))]

    def _visible(self, room: int) -> range:
        """The rows that are shown where there is room for so many."""
        return visible_range(len(self._keys), self._at, room)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_mouse_scroll_down(self, event: textual_events.MouseScrollDown) -> None:
        self._go(self._at + 1)

    def on_mouse_scroll_up(self, event: textual_events.MouseScrollUp) -> None:
        self._go(self._at - 1)

    def on_click(self, event: textual_events.Click) -> None:
        row = event.y - 1 - self._heading
        shown = self._visible(self.size.height - 2 - self._heading)
        if 0 <= row < len(shown):
            self._go(shown[row])

    def _sign(self, shown: Sequence[int]) -> Row:
        """The range of the visible rows; empty if all are visible."""
        if not 0 < len(shown) < len(self):
            return ()
        return (Span(shared_text.rows_of(shown[0] + 1, shown[-1] + 1, len(self)), "dim"),)

    def _below(self, room: int) -> list[Row]:
        """The rows about the chosen one, after an empty row if there is room."""
        gap = [cells.row()] if room > len(self._about) else []
        return [*gap, *self._about][:room]

    def draw(self, width: int, height: int) -> list[Row]:
        inside: list[Row] = []
        shown = self._visible(height - 2 - self._heading)
        sign = self._sign(shown)
        if width > 2 and height > 2:
            if self._columns:
                inside = choice_rows(
                    self._columns, self._at, shown, width - 2, heading=self._heading
                )
            inside += self._below(height - 2 - len(inside))
        room_for_foot = width - 6 - (cells.width(sign) + 3 if sign else 0)
        return frame.frame(
            inside,
            width,
            height,
            title=self._title,
            facts=self._head(frame.room(width, self._title)),
            foot=cells.shortened(self._foot, room_for_foot),
            foot_right=sign,
            focused=self.has_focus,
        )
