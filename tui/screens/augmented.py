"""A dialog with training images as the network sees them, after augmentation."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from engine.protocol.events import Augmented
from tui import shared_text
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.drawing.samples import samples_grid
from tui.screens import screen_text
from tui.widgets.drawn import CellWidget, has_shades


class SampleGrid(CellWidget):
    """The images in a frame."""

    def __init__(self, shown: Augmented) -> None:
        super().__init__()
        self._shown = shown

    def draw(self, width: int, height: int) -> list[Row]:
        coloured = has_shades(self.app)
        grid = samples_grid(self._shown.samples, width - 4, height - 2, coloured)
        return frame(
            [(Span(" "), *row) for row in grid],
            width,
            height,
            title=(Span(screen_text.AUGMENTED_TITLE, "title"),),
            facts=(Span(shared_text.at_epoch(str(self._shown.epoch)), "dim"),),
            foot=(Span(screen_text.AUGMENTED_FOOT, "dim"),),
            focused=True,
        )


class AugmentedScreen(ModalScreen[None]):
    """The dialog; Escape, Enter, q or a closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,a,enter", "dismiss", show=False)]

    def __init__(self, shown: Augmented) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        yield SampleGrid(self._shown)


def show_augmented(app: App[Any], shown: Augmented) -> None:
    """Open the dialog, and clear the note that the images were requested: it would cover them."""
    app.clear_notifications()
    app.push_screen(AugmentedScreen(shown))
