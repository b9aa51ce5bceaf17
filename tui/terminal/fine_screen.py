"""Screens that send to the terminal only the cells that changed."""

from __future__ import annotations

from typing import Any, TypeVar

from textual.messages import Update
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from tui.terminal.compositor import FineCompositor
from tui.terminal.fine_app import FineApp

Result = TypeVar("Result")


class FineScreen(Screen[Result]):
    """Sends changed cells where Textual would resend whole widgets or the whole screen."""

    # Textual would resend the whole screen whenever the focus moves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._compositor = FineCompositor()

    @property
    def is_above_another(self) -> bool:
        """Whether there is a screen to go back to: one below, beside the opening of the app."""
        return self in self.app.screen_stack[2:]

    @property
    def farewell(self) -> str:
        """What is said of this screen when the program ends; a line or more, or nothing."""
        return ""

    def action_leave(self) -> None:
        """End the program with what all screens say."""
        assert isinstance(self.app, FineApp)
        self.app.exit(self.app.last_words)

    def call_attention(self, text: str) -> None:
        """Call somebody to the terminal, with this text."""
        assert isinstance(self.app, FineApp)
        self.app.call_attention(text)

    def _compositor_refresh(self) -> None:
        if self.app.screen is self:
            super()._compositor_refresh()
        else:
            _hand_up_changes(self)

    def arrange_again(self) -> None:
        """Lay out the widgets again at the same size, for which Textual caches the last layout."""
        self._clear_arrangement_cache()
        self.refresh(layout=True)


class FineModalScreen(ModalScreen[Result]):
    """A dialog that does the same, also with what changes behind it."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = FineCompositor()

    def _compositor_refresh(self) -> None:
        if self.app.screen is self:
            super()._compositor_refresh()
        else:
            _hand_up_changes(self)


def _hand_up_changes(screen: Screen[Any]) -> None:
    """Let the dialog on top draw what changed below it, where Textual would resend everything.

    `refresh` of the dialog would not do: it forgets what the widgets of the dialog have changed.
    """
    app, changed = screen.app, [*screen._compositor._dirty_regions]
    screen._compositor._dirty_regions.clear()
    screen._dirty_widgets.clear()
    if changed and screen in app._background_screens:
        for above in app.screen_stack[app.screen_stack.index(screen) + 1 :]:
            above._layout_cache.clear()  # each asks for the one below it in turn
            above._set_dirty(*changed)
        app.screen.post_message(Update(app.screen))
