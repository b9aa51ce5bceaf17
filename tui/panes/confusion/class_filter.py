"""The dialog that filters classes by their names."""

from __future__ import annotations

from tui.panes.confusion import confusion_text
from tui.widgets.forms import LineDialog


class ClassFilterScreen(LineDialog):
    """Asks for a part of a class name; Escape keeps the filter as it was."""

    TITLE, SUB_TITLE = confusion_text.CLASS_FILTER_TITLE, confusion_text.CLASS_FILTER_HINT
