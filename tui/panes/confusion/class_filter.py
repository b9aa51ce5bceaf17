"""The question which classes are looked for."""

from __future__ import annotations

from tui.panes.confusion import confusion_text
from tui.widgets.forms import Line


class ClassFilterScreen(Line):
    """Asks for a part of the names of classes; Escape leaves the filter as it was."""

    TITLE, SUB_TITLE = confusion_text.CLASS_FILTER_TITLE, confusion_text.CLASS_FILTER_HINT
