"""The dialog that shows an image large, beside the nearest images of both classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.drawing import place_words
from tui.drawing.cells import Row
from tui.panes.suspects import neighbour_rows
from tui.panes.suspects.listed_suspects import ListedImage
from tui.panes.suspects.neighbour_rows import LookedAt
from tui.terminal.fine_screen import FineModalScreen
from tui.widgets.drawn import CellWidget

if TYPE_CHECKING:
    from tui.panes.suspects.suspects_pane import SuspectsPane


class SuspectPicture(CellWidget):
    """The image that is looked at, or the sentence why it is no longer one of the run."""

    def __init__(self, pane: SuspectsPane, image: ListedImage) -> None:
        super().__init__()
        self._pane, self.image = pane, image

    def draw(self, width: int, height: int) -> list[Row]:
        replies, view, image = self._pane.replies, self._pane.view, self.image
        if why := self._pane.why_lost(image):
            return neighbour_rows.lost(image, why, width, height)
        found = replies.neighbours(image)
        at = place_words.at_step(self._pane.history, found.step) if found is not None else ""
        looked = LookedAt(
            image,
            view.classes,
            view.decision(image),
            replies.picture(image),
            found,
            self._pane.why_no_neighbours,
            at,
            sum(not one.note for one in view.images),
            view.coloured,
        )
        return neighbour_rows.rows(looked, width, height)


class SuspectDialog(FineModalScreen[None]):
    """Arrows go to the next suspect, `x`, `r` and `k` decide; Escape, Enter and q close it.

    The image stays the one that is looked at when the list changes, and decided is what is drawn.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", show=False),
        Binding("right,down,pagedown", "step(1)", show=False),
        Binding("left,up,pageup", "step(-1)", show=False),
        Binding("home", "step(-1_000_000)", show=False),
        Binding("end", "step(1_000_000)", show=False),
        Binding("x", "decide('drop')", show=False),
        Binding("k", "decide('keep')", show=False),
        Binding("r", "relabel", show=False),
    ]

    def __init__(self, pane: SuspectsPane, image: ListedImage) -> None:
        super().__init__()
        self._pane, self._picture = pane, SuspectPicture(pane, image)

    def compose(self) -> ComposeResult:
        yield self._picture

    def on_mount(self) -> None:
        self._pane.ask_for_neighbours(self._picture.image)

    def show_change(self) -> None:
        """The list, a decision or a reply is new."""
        self._look_at(self._pane.now(self._picture.image))

    def action_step(self, rows: int) -> None:
        self._look_at(self._pane.beside(self._picture.image, rows))

    def _look_at(self, image: ListedImage) -> None:
        """Show an image; ask for neighbours unless they are of the same classes as before."""
        before, self._picture.image = self._picture.image, image
        if (before.row, before.given, before.held) != (image.row, image.given, image.held):
            self._pane.ask_for_neighbours(image)
        self._picture.redraw()

    def action_decide(self, choice: Literal["drop", "keep"]) -> None:
        self._pane.decide(self._picture.image, choice)

    def action_relabel(self) -> None:
        self._pane.relabel(self._picture.image)
