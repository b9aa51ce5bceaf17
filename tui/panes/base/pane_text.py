"""Words that every pane may show."""

from __future__ import annotations

KEY_CURSOR = "cursor"

KEY_RECENT = "recent"


def past_epoch(epoch: int) -> str:
    return f"epoch {epoch} (past)"
