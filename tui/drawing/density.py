"""The shape of a large confusion matrix as braille dots, several classes a dot."""

from __future__ import annotations

import itertools

from tui.drawing import cells
from tui.drawing.braille import Canvas
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.mistakes import Counts

# A dot is set for this share of the densest one beside the diagonal.
VISIBLE = 0.25


def density(counted: Counts, classes: int, width: int, height: int) -> list[Row]:
    """A square of dots as large as fits; rows are true classes, from the top."""
    side = max(1, min(2 * width, 4 * height, classes))
    sums: dict[tuple[int, int], int] = {}
    for (true, predicted), count in counted.cells.items():
        dot = _dot(predicted, classes, side), _dot(true, classes, side)
        sums[dot] = sums.get(dot, 0) + count
    largest = max((count for (x, y), count in sums.items() if x != y), default=0)
    canvas = Canvas(width, height)
    for (x, y), count in sums.items():
        if x == y or count >= VISIBLE * largest:
            canvas.dot(x, y)
    return [_inked(line, row) for row, line in enumerate(canvas.rows())]


def _dot(index: int, classes: int, side: int) -> int:
    return min(side - 1, max(0, index) * side // max(1, classes))


def _inked(line: str, row: int) -> Row:
    """The cells that the diagonal crosses in the ink of hits, all others in that of mistakes."""

    def ink(column: int) -> Ink:
        return "hit" if column in (2 * row, 2 * row + 1) else "miss2"

    runs = itertools.groupby(range(len(line)), key=ink)
    return cells.row(*(Span("".join(line[i] for i in run), ink_) for ink_, run in runs))
