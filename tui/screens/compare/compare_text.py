"""Words of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.text import listed
from tui.drawing.axis import Limits
from tui.widgets.key_group import KeyGroup

# The words of the dashboard's panes; what training tells has its own where both tell it.
QUANTITIES: Mapping[str, str] = {
    "top1": "Top-1 %",
    "loss": "Loss",
    "train_loss": "Train loss",
    "train_top1": "Train top-1 %",
    "lr": "Learning rate",
    "top5": "Top-5 %",
    "balanced": "Balanced %",
}
EMPTY = "no run has told a number yet", "no numbers yet"
ALL_HIDDEN = "all curves are hidden: Space shows the one of a row", "Space shows a curve"
LOG = "log"
FOLDED = "mean ± deviation of the seeds"
NOTHING_FOLDS = "no two of these runs differ only in their seed"


def verdict(sentence: str) -> str:
    return f"{sentence} p: all pairs"


# The table

RUN, VALUE, SMOOTHED, DEVIATION, BEST = "run", "value", "smoothed", "±", "best"
STEP, ELAPSED = "step", "time"
HIDDEN, BASELINE, VANISHED = "hidden", "baseline", "vanished"
UNKNOWN = "–"
ALL_READ = "all read"
NO_DIFFERENCE = "The settings do not differ."

# Keys

KEY_CURSOR, KEY_RUN, KEY_HIDE = "cursor", "run", "hide"
KEY_QUANTITY, KEY_AXIS, KEY_SMOOTH = "quantity", "axis", "smooth"
KEY_ZOOM, KEY_BASELINE, KEY_FOLD = "zoom", "baseline", "fold seeds"
KEY_SETTINGS, KEY_PAIRS, KEY_ORDER = "settings", "pairs", "order"
KEY_ATTACH = "attach"

ATTACH = "Attach to the chosen run"
HIDE = "Hide the curve of the run, or show it"
BASE = "Make the run the baseline, or none"
NEXT_QUANTITY, LAST_QUANTITY = "Compare the next quantity", "Compare the quantity before"
NEXT_AXIS = "Draw against epochs, steps, time or images"
SMOOTH_MORE, SMOOTH_LESS = "Smooth the curves more", "Smooth the curves less"
ZOOM_IN, ZOOM_OUT, ZOOM_ALL = "Zoom in", "Zoom out", "Show the whole axis"
EARLIER, LATER = "Move the window to the left", "Move the window to the right"
FOLD = "Fold the seeds of a recipe into one curve, or unfold them"
ORDER = "Order the runs by their value, or as they were named"
LOG_SCALE = "Logarithmic values, or linear"
SHOW_SETTINGS = "Show the settings that differ, or the values"
SHOW_PAIRS = "Compare the runs in pairs: tests, classes and images"
QUIT = "Leave the comparison"

HELP_CURVES = KeyGroup(
    "the curves",
    (
        ("← → h l", "move the cursor"),
        ("Shift+← Shift+→", "ten columns further"),
        ("m M", "the next quantity; the one before"),
        ("x", "against epochs, steps, time without pauses, or images"),
        ("+ = -", "smooth more, less"),
        ("L", "logarithmic values, or linear"),
        ("z 0", "zoom in around the cursor; the whole axis"),
        ("Z Backspace", "zoom out"),
        ("< >", "move the window; drag over a range to zoom into it, turn the wheel to zoom"),
    ),
)
HELP_RUNS = KeyGroup(
    "the runs",
    (
        ("↑ ↓ j k", "select a run: its curve lies on top"),
        ("PgUp PgDn Home End", "ten further; to either end"),
        ("Space", "hide its curve, or show it"),
        ("b", "make it the baseline: the table shows differences from it"),
        ("o", "order by value, or as named"),
        ("f", "fold runs that differ only in their seed: mean ± deviation"),
        ("s", "the settings that differ, or the values"),
        ("p", "pairs: exact tests, classes, and images that only one has right"),
        ("Enter", "attach to it; Esc comes back"),
    ),
)
HELP_EVERYWHERE = KeyGroup(
    "everywhere",
    (
        ("Esc", "the end of each run again; without a cursor, back"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? q Ctrl+C", "these keys; leave"),
    ),
)
HELP = HELP_CURVES, HELP_RUNS, HELP_EVERYWHERE


def quantity(name: str) -> str:
    return QUANTITIES.get(name, name)


def smoothing(weight: float) -> str:
    return f"smoothed {weight:g}"


def zoomed(window: Limits, whole: Limits) -> str:
    """How much larger than the whole axis the window is."""
    factor = (whole[1] - whole[0]) / (window[1] - window[0])
    return f"zoom ×{factor:.3g}"


def being_read(share: float) -> str:
    """How much of the runs was read."""
    return ALL_READ if share >= 1.0 else f"reading {100 * share:.0f} %"


def at_cursor(axis: str, place: str) -> str:
    return f"{axis} {place}"


def no_axis(labels: Sequence[str], axis: str) -> str:
    """Why the curves of these runs are not there: `X and Y tell no time: choose …`."""
    tell = "tells" if len(labels) == 1 else "tell"
    told = {"epoch": "epochs", "images": "number of images"}.get(axis, axis)
    return f"{listed(labels)} {tell} no {told}: choose another axis with x."
