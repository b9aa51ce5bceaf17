"""Dialogs with input lines."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label

from tui.widgets.dialog import Answer, Dialog


class FormDialog(Dialog[Answer]):
    """A box of inputs; arrows move between them, and Escape closes it without an answer."""

    DEFAULT_CSS = """
    FormDialog Horizontal { height: 1; }
    FormDialog Horizontal Label { width: 14; color: $ink-dim; }
    FormDialog Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    FormDialog Input:focus { border: none; background: $panel; }
    FormDialog .wrong { color: $ink-error; margin-top: 1; width: 100%; height: auto; }
    """
    SCROLLS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False  # over SSH each blink would be sent

    def complaint(self) -> Label:
        """The label below the inputs that `complain` writes into."""
        return Label("", classes="wrong", markup=False)

    def complain(self, sentence: str) -> None:
        """Show what is wrong; the form stays open."""
        self.query_one(".wrong", Label).update(sentence)


class LineDialog(FormDialog[str]):
    """Asks for one line of text; the input starts with `written`."""

    def __init__(self, written: str = "") -> None:
        super().__init__()
        self._written = written

    def inside(self) -> ComposeResult:
        yield Input(self._written)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())
