"""A dialog that asks for one line and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.widgets import Input

from tui.widgets.forms import LineDialog


class CheckedLine(LineDialog):
    """Stays open as long as `refusal`, a sentence on what is written, is not empty."""

    def __init__(self, title: str, hint: str, written: str, refusal: Callable[[str], str]) -> None:
        super().__init__(written)
        self.title, self.sub_title = title, hint
        self._refusal = refusal

    def inside(self) -> ComposeResult:
        yield from super().inside()
        yield self.complaint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        written = event.value.strip()
        if why := self._refusal(written):
            self.complain(self.plain(why))
        else:
            self.dismiss(written)


class LiveLine(CheckedLine):
    """Below what it changes at every key; what is wrong is said at every key, too."""

    DEFAULT_CSS = "LiveLine { align: center bottom; background: $background 0%; }"

    def on_input_changed(self, event: Input.Changed) -> None:
        self.complain(self.plain(self._refusal(event.value.strip())))
