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
    ("Shift+← Shift+→", "ten columns further"),
    ("+ = -", "smooth the curve more, or less"),
    ("t L", "recent or whole; logarithmic y"),
)


def needs_model(program: str) -> str:
    return (
        f"nothing is known of the inside of this network: {program} passes no model to "
        "cnn_tui.watch(model, ...)."
    )


def needs_data(program: str) -> str:
    return (
        f"no images are known to show maps of: {program} passes no data to "
        "cnn_tui.watch(..., data=val_loader)."
    )


NOT_RECORDED = "press . for a later epoch"


def past_forms(past: int, shown: str | None, *, follows: bool, over: bool) -> tuple[str, ...]:
    """What a pane shows while a past epoch is chosen: the longest form first.

    `follows` says that the pane shows past epochs, `over` that the run has ended.
    """
    if shown == str(past):
        return (f"epoch {past} (past)",)
    if not follows:
        return (f"{'at the end' if over else 'now'}, not epoch {past}",)
    if shown is None:
        return (f"nothing recorded up to epoch {past}", f"none to epoch {past}")
    return (f"epoch {shown}, the nearest before {past}", f"epoch {shown}, not {past}")
