"""Words of the learning-rate pane."""

from __future__ import annotations

RATE_TITLE = "Learning rate"
