"""A dialog with training images as the network sees them, after augmentation."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.protocol.events import Alert, Augmented, Event
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.drawing.samples import samples_grid
from tui.screens import screen_text
from tui.terminal.fine_screen import FineModalScreen
from tui.widgets.drawn import CellWidget, has_shades


class SampleGrid(CellWidget):
    """The images in a frame; until they are there, why not, and for how long one has waited."""

    def __init__(self, waiting_for: str) -> None:
        super().__init__()
        self._waiting_for = waiting_for
        self._seconds = 0
        self._reply: Event | None = None

    def on_mount(self) -> None:
        self.set_interval(1.0, self._wait)

    def _wait(self) -> None:
        if self._reply is None:
            self._seconds += 1
            self.redraw()

    def show(self, reply: Event) -> None:
        self._reply = reply
        if self.is_attached:
            self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        facts = ""
        if isinstance(self._reply, Augmented):
            shown = samples_grid(self._reply.samples, width - 4, height - 2, has_shades(self.app))
            rows = [(Span(" "), *row) for row in shown]
            facts = screen_text.augmented_at(self._reply.size, self._reply.epoch)
        elif isinstance(self._reply, Alert):
            lines = textwrap.wrap(self._reply.text, max(1, width - 4))
            rows = [cells.row(" ", Span(line, "warning")) for line in lines]
        else:
            waited = f"   {self._seconds} s" if self._seconds else ""
            rows = [cells.row(" ", Span(f"{self._waiting_for}{waited}", "dim"))]
        return frame(
            rows,
            width,
            height,
            title=(Span(screen_text.AUGMENTED_TITLE, "title"),),
            facts=(Span(facts, "dim"),),
            foot=(Span(screen_text.AUGMENTED_FOOT, "dim"),),
            focused=True,
        )


class AugmentedScreen(FineModalScreen[None]):
    """The dialog, which opens before the images are there; Escape, Enter, q or a closes it.

    The request ends with the dialog, so that no images appear over another screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,a,enter", "dismiss", show=False)]

    def __init__(self, waiting_for: str) -> None:
        super().__init__()
        self._grid = SampleGrid(waiting_for)

    def compose(self) -> ComposeResult:
        yield self._grid

    def receive(self, reply: Event) -> None:
        """Show the images, or the `Alert` that says why there are none."""
        self._grid.show(reply)
