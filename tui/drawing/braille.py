"""A canvas of braille dots; each cell holds two columns and four rows of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

# The bit of each dot, by its position in the cell: y % 4 * 2 + x % 2.
DOTS = (0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80)
# An empty cell is a space: a run of spaces takes few bytes.
SIGNS = (" ", *(chr(0x2800 + dots) for dots in range(1, 256)))


class Canvas:
    """Holds 2·width by 4·height dots, which are (x, y) from the upper left."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = bytearray(width * height)

    def dot(self, x: int, y: int) -> None:
        """Set one dot, which must lie on the canvas."""
        self._cells[(y >> 2) * self.width + (x >> 1)] |= DOTS[(y & 3) << 1 | x & 1]

    def line(self, points: Sequence[tuple[int, int]]) -> None:
        """Connect points, which must lie on the canvas (Bresenham 1965)."""
        if len(points) == 1:
            self.dot(*points[0])
        for start, end in itertools.pairwise(points):
            self._segment(*start, *end)

    def dotted(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """A thin line: every second dot between two points, and both points."""
        (x, y), (end_x, end_y) = start, end
        length = max(abs(end_x - x), abs(end_y - y))
        self.dot(x, y)
        for i in range(2, length, 2):
            self.dot(x + round((end_x - x) * i / length), y + round((end_y - y) * i / length))
        self.dot(end_x, end_y)

    def _segment(self, x: int, y: int, end_x: int, end_y: int) -> None:
        cells, width = self._cells, self.width
        dx, dy = abs(end_x - x), -abs(end_y - y)
        right, down = 1 if x < end_x else -1, 1 if y < end_y else -1
        error = dx + dy
        while True:
            cells[(y >> 2) * width + (x >> 1)] |= DOTS[(y & 3) << 1 | x & 1]
            if x == end_x and y == end_y:
                return
            twice = 2 * error
            if twice >= dy:
                error += dy
                x += right
            if twice <= dx:
                error += dx
                y += down

    def rows(self) -> list[str]:
        """The canvas as text, one string a row of cells."""
        width = self.width
        lines = (self._cells[i * width : (i + 1) * width] for i in range(self.height))
        return ["".join([SIGNS[dots] for dots in line]) for line in lines]


def both(below: str, above: str) -> str:
    """The dots of two cells in one."""
    if " " in (below, above):
        return above if below == " " else below
    return chr(ord(below) | ord(above))
