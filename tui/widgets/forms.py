"""Dialogs with input lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

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
    """Asks for one line of text; the input starts with `written`.

    With `refusal`, it stays open as long as that has a sentence on what is written.
    """

    def __init__(
        self,
        written: str = "",
        refusal: Callable[[str], str] | None = None,
        example: str = "",
    ) -> None:
        super().__init__()
        self._written, self._refusal, self._example = written, refusal, example

    def entitled(self, title: str, hint: str) -> Self:
        """The same dialog, with these words in its border."""
        self.title, self.sub_title = title, hint
        return self

    def inside(self) -> ComposeResult:
        yield Input(self._written, placeholder=self._example)
        if self._refusal is not None:
            yield self.complaint()

    def why_not(self, written: str) -> str:
        """What is wrong with this line; empty if nothing is."""
        return self._refusal(written) if self._refusal is not None else ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        written = event.value.strip()
        if why := self.why_not(written):
            self.complain(self.plain(why))
        else:
            self.dismiss(written)
