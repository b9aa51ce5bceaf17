"""A screen that sends to the terminal only the cells that changed."""

from __future__ import annotations

from typing import TypeVar

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tui.terminal.compositor import FineCompositor

Result = TypeVar("Result")


class FineScreen(Screen[Result]):
    """Textual would resend whole widgets, the whole screen when the focus moves, and more."""

    # Textual would send the whole screen whenever another widget gets the keys.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._compositor = FineCompositor()

    def _compositor_refresh(self) -> None:
        """Send what changed; under a dialog Textual would send the whole screen at every tick."""
        if self.app.screen is self:
            super()._compositor_refresh()

    def arrange_again(self) -> None:
        """Lay the widgets out again though the size is the same: Textual keeps the last layout."""
        self._clear_arrangement_cache()
        self.refresh(layout=True)
