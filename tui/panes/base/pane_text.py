"""Words that every pane may show."""

from __future__ import annotations

KEY_CURSOR = "cursor"

KEY_RECENT = "recent"

SHOW_RECENT = "Curves of the recent steps, or of the whole run"

HELP_CURVES = "the curves"

HELP_CURVES_ROWS = (
    ("← → h l Esc", "a cursor with exact values; none"),
    ("Shift+← Shift+→", "ten columns on"),
    ("+ = -", "smooth the curve more, or less"),
    ("t L", "recent or whole; logarithmic loss"),
)


def past_epoch(epoch: int) -> str:
    return f"epoch {epoch} (past)"
