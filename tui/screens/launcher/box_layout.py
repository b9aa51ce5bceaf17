"""The boxes that the launcher shows at each size of the terminal, with titles and heights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting, tabs
from tui.screens.launcher import launcher_text

BOXES = ("runs", "arch", "data", "recipe", "device")
# The narrowest terminal in which boxes stand side by side.
SIDE_BY_SIDE_COLUMNS = 60
# The fewest rows of a terminal that shows the stages, the command line and the head.
STAGES_ROWS, PLAN_ROWS, HEAD_ROWS = 34, 8, 10
# From this many rows of the terminal on: the most rows in the boxes of runs and devices, and the
# share of further rows that the runs take.
MOST_ROWS: Sequence[tuple[int, Mapping[str, int], float]] = (
    (34, {"runs": 6, "device": 4}, 0.5),
    (22, {"runs": 2, "device": 2}, 0.25),
    (20, {"runs": 1, "device": 1}, 0.0),
)


class BoxLayout(NamedTuple):
    """The visible boxes with their titles, and whether the parts around them are visible.

    `most_rows` limits the boxes of runs and devices; it is empty if one box stands alone.
    """

    titles: Mapping[str, Row]
    most_rows: Mapping[str, int]
    stages: bool
    plan: bool
    head: bool


def box_layout(width: int, height: int, filled: Sequence[str], box: str) -> BoxLayout:
    """All filled boxes, or only the one in use if there is no room for more."""
    most = most_rows(width, height)
    return BoxLayout(
        {name: _title(name) for name in filled} if most else {box: _tabs(filled, box, width)},
        most,
        stages=bool(most) and height >= STAGES_ROWS,
        plan=height >= PLAN_ROWS,
        head=height >= HEAD_ROWS,
    )


def most_rows(width: int, height: int) -> Mapping[str, int]:
    """The most rows in the boxes of runs and devices; empty if one box stands alone."""
    if width < SIDE_BY_SIDE_COLUMNS:
        return {}
    for least, most, share in MOST_ROWS:
        if height >= least:
            return {**most, "runs": most["runs"] + int(share * (height - least))}
    return {}


def neighbour(filled: Sequence[str], box: str, steps: int) -> str:
    """The box this many steps after `box`; the first follows the last."""
    return filled[(filled.index(box) + steps) % len(filled)]


def _title(box: str) -> Row:
    return (Span(launcher_text.BOX_TITLES[box], "title"),)


def _tabs(filled: Sequence[str], box: str, width: int) -> Row:
    """The title of a box that stands alone: all boxes as tabs, or `Data 2/4` if they do not fit."""
    at, names = filled.index(box), [launcher_text.BOX_TABS[name] for name in filled]
    position = cells.row(*_title(box), Span(f" {at + 1}/{len(names)}", "dim"))
    return fitting([tabs(names, at)], width - 5) or position
