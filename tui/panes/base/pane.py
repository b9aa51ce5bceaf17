"""The base of all panes of the dashboard: frame, number, and the declarations of each pane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from textual.message import Message

from engine.protocol.commands import InspectionKind
from engine.protocol.events import Event
from engine.run.history import History
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame, room
from tui.widgets.drawn import CellWidget
from tui.widgets.key_group import KeyGroup

# A pane of fewer columns shows its short title.
NARROW = 50
# Digits lead to the first panes, up to this number.
DIGITS = 9


class Border(NamedTuple):
    """The rows that a pane writes into its frame, beside the title."""

    facts: Row = ()
    foot: Row = ()
    foot_right: Row = ()


class Pane(CellWidget, can_focus=True):
    """A framed view of a run's history; it knows neither its siblings nor the app.

    A subclass declares everything that the program knows about the pane: its names, the events
    that change it, its keys and their effects, and the sentences of `e`. The palette shows the
    descriptions of its `BINDINGS`. The subclass draws its border and its inside from
    `self.history`, which it never changes.
    """

    NAME: ClassVar[str]
    """The id of the pane, unique among all panes."""
    TITLE: ClassVar[str]
    SHORT: ClassVar[str] = ""
    """The title in a narrow frame, if it differs."""
    TAB: ClassVar[str] = ""
    """The title as a tab of the shelf. Without one, a pane that has no tile is shown alone."""
    FIRST_TAB: ClassVar[bool] = False
    """Whether the shelf shows this pane at first."""
    GO_TO: ClassVar[str]
    """The words of the palette for going to this pane."""
    SHORTCUT: ClassVar[str] = ""
    """A digit that leads here, beside the number of the pane."""
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The keys with their effects in the footer, while the pane has the focus."""
    KEY_HELP: ClassVar[tuple[KeyGroup, ...]] = ()
    """The groups of keys in the help, the group of this pane first; panes may share groups."""
    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset()
    """The events that change the pane."""
    PAST_EPOCHS: ClassVar[bool] = False
    """Whether the pane can show a past epoch."""
    BEFORE_START: ClassVar[bool] = False
    """Whether the pane has something to show about a run that never began."""

    class Chosen(Message):
        """The pane was clicked."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    class InspectionRequested(Message):
        """The pane needs a reply of the engine, which arrives by `receive`."""

        def __init__(
            self, pane: Pane, kind: InspectionKind, layer: str = "", images: tuple[int, ...] = (0,)
        ) -> None:
            super().__init__()
            self.pane, self.kind, self.layer, self.images = pane, kind, layer, images

    class LayerSelected(Message):
        """A layer was selected; panes that show layers may follow."""

        def __init__(self, layer: str) -> None:
            super().__init__()
            self.layer = layer

    def __init__(self, number: int) -> None:
        super().__init__(id=self.NAME)
        self.number = number
        self.history = History()
        self.tabs: Row = ()
        """The title as a row of tabs while the pane lies on the shelf, else empty."""
        self.past = ""
        """The past epoch that is shown, in words beside the title; empty for the last epoch."""

    @classmethod
    def explain(cls, history: History) -> Iterator[str]:
        """Sentences that explain the pane and its numbers at this point of the run."""
        raise NotImplementedError

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        """Draw again if needed; `kinds` are the new events, None if anything may have changed."""
        self.history = history
        if kinds is None or kinds & self.LISTENS:
            self.redraw()

    def receive(self, reply: Event) -> None:
        """Take the reply to a request, or an `Alert` if the engine refused."""

    def select_layer(self, layer: str) -> None:
        """Show this layer, which was selected in another pane."""

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
        name = self.TITLE if width >= NARROW else self.SHORT or self.TITLE
        return (
            Span(f"{self.number} ", "key" if self.number <= DIGITS else "dim"),
            Span(name, "title"),
        )

    def border(self, width: int, height: int, facts_room: int) -> Border:
        """The rows in the frame beside the title; `width` and `height` are the outer size."""
        return Border()

    def inside(self, width: int, height: int) -> list[Row]:
        """The rows inside the frame."""
        raise NotImplementedError

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_click(self) -> None:
        self.post_message(self.Chosen(self))

    def on_mouse_scroll_down(self) -> None:
        self.turn_wheel(1)

    def on_mouse_scroll_up(self) -> None:
        self.turn_wheel(-1)

    def turn_wheel(self, rows: int) -> None:
        """Scroll or select by one row, down if positive; some panes do neither."""
