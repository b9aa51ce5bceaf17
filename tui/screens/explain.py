"""The dialog that explains a pane as it is now."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tui.screens import screen_text
from tui.widgets.dialog import Dialog


class ExplainScreen(Dialog[None]):
    """A few sentences below the name of their pane; any of Escape, q and e closes it."""

    DEFAULT_CSS = "ExplainScreen Static { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e,enter", "dismiss", show=False)]

    SUB_TITLE = screen_text.EXPLAIN_FOOT

    def __init__(self, title: str, sentences: str) -> None:
        super().__init__()
        self.title, self._sentences = title, sentences

    def inside(self) -> ComposeResult:
        yield Static(self.plain(self._sentences), markup=False)
