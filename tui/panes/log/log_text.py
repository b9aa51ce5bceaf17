"""Words of the log pane."""

from __future__ import annotations

LOG_TITLE = "Log"

KEY_LOG_FILTER = "filter"

KEY_SCROLL = "scroll"


def log_place(first: int, last: int, total: int) -> str:
    return f"{first}-{last} of {total:,}"
