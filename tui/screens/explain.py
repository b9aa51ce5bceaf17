"""What a pane shows now, explained in a box."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.drawing.plain import to_ascii
from tui.drawn import is_ascii


class ExplainScreen(ModalScreen[None]):
    """A few sentences below the name of their pane; any of Escape, q and e closes it."""

    DEFAULT_CSS = """
    ExplainScreen { align: center middle; background: $background 60%; }
    ExplainScreen > VerticalScroll {
        width: 64; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        background: $background; border: round $ink-selected;
        border-title-color: $foreground; border-title-style: bold;
    }
    ExplainScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e,enter", "dismiss", show=False)]

    def __init__(self, title: str, sentences: str) -> None:
        super().__init__()
        self._title, self._sentences = title, sentences

    def compose(self) -> ComposeResult:
        plain = to_ascii if is_ascii(self.app) else str
        box = VerticalScroll(classes="box")
        box.border_title = plain(self._title)
        with box:
            yield Static(plain(self._sentences), markup=False)
