"""The base of all panes of the dashboard: frame, number, and the declarations of each pane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from textual.message import Message

from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event
from engine.run.history import History
from engine.run.run_paths import RunDir
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame, room
from tui.drawing.place_words import epoch_number
from tui.panes.base import pane_text
from tui.widgets.drawn import CellWidget
from tui.widgets.key_group import KeyGroup

# A pane of fewer columns shows its short title.
NARROW = 50

Standing: TypeAlias = Literal["absent", "aside", "shown"]
"""Whether a pane has no place, only a tab and a digit, or also a tile beside the others."""


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
    """A digit that leads here in place of the number of the pane."""
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The keys with their effects in the footer, while the pane has the focus."""
    KEY_HELP: ClassVar[tuple[KeyGroup, ...]] = ()
    """The groups of keys in the help, the group of this pane first; panes may share groups."""
    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset()
    """The events that change the pane."""
    PAST_EPOCHS: ClassVar[bool] = False
    """Whether the pane draws the history of a past epoch when the user chooses one."""
    BEFORE_START: ClassVar[bool] = False
    """Whether the pane has something to show about a run that never began."""

    class Chosen(Message):
        """The pane was clicked."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    class InspectionRequested(Message):
        """The pane needs a reply of the engine, which arrives by `receive`."""

        def __init__(self, pane: Pane, request: InspectionRequest) -> None:
            super().__init__()
            self.pane, self.request = pane, request

    class FolderWanted(Message):
        """The pane reads the folder of the run, which arrives by `take_folder`."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

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
        self.past_epoch: int | None = None
        """The past epoch that the user chose; None for the last one."""

    @classmethod
    def standing(cls, history: History) -> Standing:
        """The place of the pane: it may make no sense for the training of another program."""
        return "shown"

    def explain(self) -> Iterator[str]:
        """Sentences that explain the pane and the numbers that it shows."""
        raise NotImplementedError

    @property
    def epoch_shown(self) -> float | None:
        """The epoch of the network that is shown, 12.5 in the middle of the thirteenth.

        None if the pane shows none, or several.
        """
        return None

    def go_to_epoch(self, epoch: int | None) -> None:
        """Show the end of this past epoch, or what is now if None."""
        self.past_epoch = epoch

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        """Draw again if needed; `kinds` are the new events, None if anything may have changed."""
        self.history = history
        if kinds is None or kinds & self.LISTENS:
            self.redraw()

    def receive(self, reply: Event) -> None:
        """Take the reply to a request, or an `Alert` if the engine refused."""

    def take_folder(self, run: RunDir | None) -> None:
        """Take the folder of the run; None where what is shown has none."""

    def select_layer(self, layer: str) -> None:
        """Show this layer, which was selected in another pane."""

    def draw(self, width: int, height: int) -> list[Row]:
        title = self.dated(self.tabs or self.title(width), width)
        border = self.border(width, height, room(width, title))
        has_none = self.past_epoch is not None and self.PAST_EPOCHS and self.epoch_shown is None
        none: list[Row] = [(Span(" " + pane_text.NOT_RECORDED, "dim"),)]
        return frame(
            none if has_none else self.inside(max(0, width - 2), max(0, height - 2)),
            width,
            height,
            title=title,
            facts=border.facts,
            foot=border.foot,
            foot_right=border.foot_right,
            focused=self.has_focus,
        )

    def _fitted(self, width: int, height: int) -> list[Row]:
        """The drawing as it is: a frame has its size already."""
        return self.draw(width, height)

    @classmethod
    def sign(cls, number: int) -> str:
        """What stands before the title of the pane with this number; one digit is its key."""
        return cls.SHORTCUT or str(number)

    def title(self, width: int) -> Row:
        name = self.TITLE if width >= NARROW else self.SHORT or self.TITLE
        sign = self.sign(self.number)
        return (
            Span(f"{sign} ", "key" if len(sign) == 1 else "dim"),
            Span(name, "title"),
        )

    def dated(self, title: Row, width: int) -> Row:
        """The title with the past epoch that is shown; without room, the title is cut."""
        if self.past_epoch is None:
            return title
        shown = None if self.epoch_shown is None else epoch_number(self.epoch_shown)
        over = self.history.ended is not None
        forms = pane_text.past_forms(self.past_epoch, shown, follows=self.PAST_EPOCHS, over=over)
        free = [form for form in forms if len(form) <= room(width, title) - 1]
        words = Span(f"  {(free or forms[-1:])[0]}", "warning")
        return (*cells.shortened(title, max(0, width - 6 - len(words.text))), words)

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
