"""The question which classes are looked for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from tui import text
from tui.screens.fields import Form


class ClassFilterScreen(Form[str]):
    """Asks for a part of the names of classes; Escape leaves the filter as it was."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self._wanted = wanted

    def compose(self) -> ComposeResult:
        box = VerticalScroll()
        box.border_title, box.border_subtitle = text.CLASS_FILTER_TITLE, text.CLASS_FILTER_HINT
        with box:
            yield Input(self._wanted)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())
