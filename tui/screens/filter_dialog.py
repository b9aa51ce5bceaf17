"""The dialog that filters a list."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.widgets import Input

from tui.screens import screen_text
from tui.widgets.chooser import Chooser
from tui.widgets.forms import LineDialog


class FilterDialog(LineDialog):
    """Asks for a part of a name below the lists, and filters one of them at every key."""

    DEFAULT_CSS = "FilterDialog { align: center bottom; background: $background 0%; }"
    SUB_TITLE = screen_text.FILTER_HINT

    def __init__(self, title: str, box: Chooser) -> None:
        super().__init__(box.wanted)
        self.title = screen_text.filter_title(title)
        self._box, self._chosen = box, box.chosen

    def on_input_changed(self, event: Input.Changed) -> None:
        self._box.filter(event.value.strip(), self._chosen)


def filter_list(app: App[Any], title: str, box: Chooser) -> None:
    """Let the user filter this list; Escape leaves it as it was."""
    before, chosen = box.wanted, box.chosen

    def restore(wanted: str | None) -> None:
        if wanted is None:
            box.filter(before, chosen)

    app.push_screen(FilterDialog(title, box), restore)
