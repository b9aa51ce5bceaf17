"""The dialog that filters a list."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Input

from tui.screens.launcher import launcher_text
from tui.widgets.forms import LineDialog


class FilterDialog(LineDialog):
    """Asks for a part of a name below the lists; `preview` filters the list at every key."""

    DEFAULT_CSS = "FilterDialog { align: center bottom; background: $background 0%; }"
    SUB_TITLE = launcher_text.FILTER_HINT

    def __init__(self, box: str, written: str, preview: Callable[[str], None]) -> None:
        super().__init__(written)
        self.title, self._preview = launcher_text.filter_title(box), preview

    def on_input_changed(self, event: Input.Changed) -> None:
        self._preview(event.value.strip())
