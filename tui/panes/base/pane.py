"""What all panes of the dashboard have in common: a frame, a number, and what they listen to."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.message import Message

from engine.protocol.commands import InspectionKind
from engine.protocol.events import Event
from engine.run.history import History
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame, room
from tui.widgets.drawn import CellWidget


class Border(NamedTuple):
    """What a pane writes into its frame."""

    facts: Row = ()
    foot: Row = ()
    foot_right: Row = ()


class Pane(CellWidget, can_focus=True):
    """A framed view of a run's history; it knows neither its siblings nor the app.

    A subclass names the events that change it and draws its border and inside from
    `self.history`, which it never changes.
    """

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset()
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The keys that work while the pane has the focus, with what they do, for the footer."""
    TITLE: ClassVar[str] = ""
    SHORT: ClassVar[str] = ""

    class Chosen(Message):
        """The pane was clicked."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    class Asked(Message):
        """The pane wants to know something that only the engine can tell; see `answer`."""

        def __init__(
            self, pane: Pane, kind: InspectionKind, layer: str = "", images: tuple[int, ...] = (0,)
        ) -> None:
            super().__init__()
            self.pane, self.kind, self.layer, self.images = pane, kind, layer, images

    class Pointed(Message):
        """A layer was selected; a pane that shows layers may follow."""

        def __init__(self, layer: str) -> None:
            super().__init__()
            self.layer = layer

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.number = number
        self.history = History()
        self.tabs: Row = ()
        """The title as a row of tabs while the pane lies on the shelf, else empty."""
        self.past = ""
        """Which past epoch is shown, to be said beside the title; empty while it is the last."""

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        """Draw what changed; `kinds` are the new events, None where anything may have changed."""
        self.history = history
        if kinds is None or kinds & self.LISTENS:
            self.redraw()

    def answer(self, event: Event) -> None:
        """Take what was asked for, an `Alert` where it was refused."""

    def draw(self, width: int, height: int) -> list[Row]:
        title = self.tabs or self.title(width)
        if self.past:
            title = (*title, Span(f"  {self.past}", "warning"))
        border = self.border(width, height, room(width, title))
        inside = self.inside(max(0, width - 2), max(0, height - 2))
        return frame(
            inside,
            width,
            height,
            title=title,
            facts=border.facts,
            foot=border.foot,
            foot_right=border.foot_right,
            focused=self.has_focus,
        )

    def title(self, width: int) -> Row:
        name = self.TITLE if width >= 50 else self.SHORT or self.TITLE
        return (Span(f"{self.number} ", "key"), Span(name, "title"))

    def border(self, width: int, height: int, facts_room: int) -> Border:
        """What stands in the frame of this size, beside the title."""
        return Border()

    def inside(self, width: int, height: int) -> list[Row]:
        """The rows within the frame."""
        raise NotImplementedError

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_click(self) -> None:
        self.post_message(self.Chosen(self))


class ScrollingPane(Pane):
    """A pane of more rows than fit: arrows move the first one that is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_rows(1)", show=False),
        Binding("up,k", "scroll_rows(-1)", show=False),
    ]

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self.first = 0

    def count(self) -> int:
        """How many rows there are to scroll through."""
        raise NotImplementedError

    def action_scroll_rows(self, rows: int) -> None:
        self.first = max(0, min(self.first + rows, self.count() - 1))
        self.redraw()

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll_rows(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll_rows(-1)
