"""The shape of a large confusion matrix in braille dots; a dot may stand for several classes."""

from __future__ import annotations

import itertools
from functools import lru_cache

from tui.drawing import cells
from tui.drawing.braille import Canvas
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.mistakes import ConfusionCounts

# A dot is set if it has at least this share of the mistakes of the densest dot, right or wrong: a
# dot on the diagonal that is not set is a class that is hardly recognised.
VISIBLE = 0.25


@lru_cache(maxsize=2)
def density(
    counted: ConfusionCounts, order: tuple[int, ...], width: int, height: int
) -> tuple[Row, ...]:
    """The largest square of dots that fits; rows are true classes in this order."""
    places = {index: place for place, index in enumerate(order)}
    fitting = max(1, min(2 * width, 4 * height))
    enlarged = max(1, fitting // max(1, len(order)))
    side = min(fitting, len(order) * enlarged) // enlarged
    sums: dict[tuple[int, int], int] = {}
    for (true, predicted), count in counted.cells.items():
        if true in places and predicted in places:
            dot = tuple(places[i] * side // len(order) for i in (predicted, true))
            sums[dot[0], dot[1]] = sums.get((dot[0], dot[1]), 0) + count
    largest = max((count for (x, y), count in sums.items() if x != y), default=0)
    canvas = Canvas(width, height)
    for (x, y), count in sums.items():
        if count >= VISIBLE * largest:
            for dx, dy in itertools.product(range(enlarged), repeat=2):
                canvas.dot(x * enlarged + dx, y * enlarged + dy)
    return tuple(_inked(line, row) for row, line in enumerate(canvas.rows()))


def dots_across(many: int, width: int, height: int) -> int:
    """The width in cells of the shape of this many classes in `width` by `height` cells."""
    fitting = min(2 * width, 4 * height)
    side = fitting if many > fitting else many * (fitting // max(1, many))
    return (side + 1) // 2


def _inked(line: str, row: int) -> Row:
    """The row, with cells on the diagonal in the ink of hits and others in the ink of mistakes."""

    def ink(column: int) -> Ink:
        return "hit" if column in (2 * row, 2 * row + 1) else "miss"

    runs = itertools.groupby(range(len(line)), key=ink)
    return cells.row(*(Span("".join(line[i] for i in run), ink_) for ink_, run in runs))
