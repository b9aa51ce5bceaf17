"""Words of the loss and accuracy panes."""

from __future__ import annotations

ACCURACY_TITLE = "Accuracy"

KEY_SMOOTH = "smooth"

KEY_LOG_SCALE = "log y"
