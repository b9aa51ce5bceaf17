"""Words of the scalars pane."""

from __future__ import annotations

SCALARS_TITLE = "Scalars"
SCALARS_TAB = "scalars"
GO_TO_SCALARS = "Go to the scalars"

# The list of names

NAME = "name"
LAST = "last"
AT_CURSOR = "▲"
RANGE = "range"
OWN_RANGES = "each on its own range"
# In an empty plot: a long sentence and a short one.
EMPTY = "the first steps bring images/s and gradient_norm", "the first steps fill it"
NONE_CHOSEN = "Space shows the curve of a name", "Space: show it"

# Keys

KEY_NAME = "name"
KEY_SHOW = "show"
SHOW_CURVE = "Show the curve of this name, or hide it"
SHOW_LOG_SCALE = "Logarithmic scalars, or linear"
HELP_TITLE = "scalars"
HELP_ROWS = (
    ("↑ ↓ j k", "select a name"),
    ("Space", "show its curve, or hide it"),
)

# What `e` says

EXPLAIN_SCALARS = "These are named numbers that the training reports, one curve each."
EXPLAIN_RANGES = (
    "If several are shown, each fills the height with its own range, which stands beside its name; "
    "the y-axis belongs to the selected name. Compare their shapes, not their heights."
)
EXPLAIN_WAIT = "The first steps bring the first of them."
EXPLAIN_SPEED = "images/s is how many training images a second the network learns from."
EXPLAIN_GRADIENT_NOT_FINITE = (
    "gradient_norm is not finite any more: a lower learning rate or clip is needed."
)


def axis_of(name: str) -> str:
    return f"y-axis: {name}"


def most_curves(count: int) -> str:
    return f"{count} curves fit at once: hide one first, with Space."


def explain_gradient(now: str, usual: str) -> str:
    return (
        f"gradient_norm is the length of the gradient over all weights, before clipping: {now} "
        f"now, {usual} as the median of the run. Far above its median, a step may throw the "
        "weights about; near zero, little is learnt any more."
    )
