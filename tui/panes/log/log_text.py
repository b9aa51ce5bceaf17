"""Words of the log pane."""

from __future__ import annotations

from collections.abc import Mapping

LOG_TITLE = "Log"

KEY_SCROLL = "scroll"

LOG_TAB = "log"

GO_TO_LOG = "Go to the log"

HELP_TITLE = "the log"

HELP_ROWS = (
    ("↑ ↓ j k PgUp PgDn", "scroll"),
    ("Home g End G", "to the newest; to the oldest"),
    ("/", "filter"),
)

# What `e` says

EXPLAIN_LOG = "Everything that happened, the newest first, read from the run's journal."

EXPLAIN_FAILED = "The run failed: the newest entries say why."

EXPLAIN_FILES: Mapping[str, str] = {
    "last.pt": "The run can go on from last.pt.",
    "best.pt": "best.pt holds the weights of the best epoch.",
}


def explain_no_warnings(entries: int) -> str:
    if entries == 1:
        return "The only entry is no warning."
    return f"None of the {entries} newest entries is a warning."


def log_place(first: int, last: int, total: int) -> str:
    return f"{first}-{last} of {total:,}"


def explain_warnings(count: int) -> str:
    which = "One entry is a warning" if count == 1 else f"{count} entries are warnings"
    return f"{which}: read them first."
