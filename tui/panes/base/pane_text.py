"""Words that several panes show."""

from __future__ import annotations

KEY_CURSOR = "cursor"

KEY_RECENT = "recent"

KEY_SMOOTH = "smooth"

KEY_LOG_SCALE = "log y"

SHOW_RECENT = "Curves of the recent steps, or of the whole run"

SMOOTH_MORE = "Smooth the curves more"

SMOOTH_LESS = "Smooth the curves less"

HELP_CURVES = "the curves"

HELP_CURVES_ROWS = (
    ("← → h l Esc", "a cursor with exact values; none"),
    ("Shift+← Shift+→", "ten columns on"),
    ("+ = -", "smooth the curve more, or less"),
    ("t L", "recent or whole; logarithmic y"),
)


def past_epoch(epoch: int) -> str:
    return f"epoch {epoch} (past)"
