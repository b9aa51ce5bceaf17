"""Which boxes the launcher shows at a given size of the terminal, and how high some of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting, tabs
from tui.screens import launcher_text

BOXES = ("runs", "arch", "data", "recipe", "device")
# The narrowest terminal in which boxes stand side by side.
NARROW = 60
# From so many rows on the stages of the architecture are drawn, and the command line and the head.
DETAILED, PLANNED, HEADED = 34, 8, 10


# The most rows inside two of them, from so many rows of the terminal on.
HEIGHTS: Sequence[tuple[int, Mapping[str, int]]] = (
    (34, {"runs": 6, "device": 4}),
    (22, {"runs": 2, "device": 2}),
    (20, {"runs": 1, "device": 1}),
)


def most_rows(width: int, height: int) -> Mapping[str, int]:
    """The most rows inside the boxes of runs and devices; none where one box stands alone."""
    if width < NARROW:
        return {}
    return next((most for least, most in HEIGHTS if height >= least), {})


def further(filled: Sequence[str], box: str, places: int) -> str:
    """The box so many places on from this one, round and round."""
    return filled[(filled.index(box) + places) % len(filled)]


def title(box: str) -> Row:
    """The title of a box beside others."""
    return (Span(launcher_text.BOX_TITLES[box], "title"),)


def tabbed(filled: Sequence[str], box: str, width: int) -> Row:
    """The title of a box that stands alone: all of them as tabs, or which of how many it is."""
    at, names = filled.index(box), [launcher_text.BOX_TABS[name] for name in filled]
    place = cells.row(*title(box), Span(f" {at + 1}/{len(names)}", "dim"))
    return fitting([tabs(names, at)], width - 5) or place
