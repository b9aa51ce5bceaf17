"""The dialog that filters the architectures."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Input

from tui.screens.launcher import launcher_text
from tui.widgets.forms import LineDialog


class FilterDialog(LineDialog):
    """Asks for a part of a name below the list; `preview` filters the list at every key."""

    DEFAULT_CSS = "FilterDialog { align: center bottom; background: $background 0%; }"
    TITLE, SUB_TITLE = launcher_text.FILTER_TITLE, launcher_text.FILTER_HINT

    def __init__(self, written: str, preview: Callable[[str], None]) -> None:
        super().__init__(written)
        self._preview = preview

    def on_input_changed(self, event: Input.Changed) -> None:
        self._preview(event.value.strip())
