"""The shades of the cells of a confusion matrix: the larger the number, the more ink.

Hits and mistakes share one scale, so that a cell with more ink always has a larger number; their
inks tell them apart. The scale is roughly logarithmic, so that the mistakes of a good model differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from tui.drawing import cells
from tui.drawing.cells import FILLS, Ink, Row, Span
from tui.drawing.frame import fitting
from tui.drawing.mistakes import ConfusionCounts
from tui.panes.confusion import confusion_text

SIGNS = " ░▒▓█"
# The least numbers of the second and further shades, in per cent of a class or of the largest cell.
STEPS = (3, 10, 30)
NOTHING = "·"


class Shade(NamedTuple):
    """How one cell is drawn: its level from 0 for nothing to 4, and its number as text."""

    level: int
    number: str
    right: bool

    @property
    def sign(self) -> str:
        """The character that fills the cell where areas cannot be coloured."""
        return SIGNS[self.level]

    @property
    def fill(self) -> Ink:
        """The ink of the whole cell, where areas can be coloured."""
        return FILLS[self.right][self.level - 1] if self.level else "dim"

    @property
    def text(self) -> Ink:
        """The ink of the number beside such characters."""
        return "dim" if not self.level else "hit" if self.right else "miss"


class Shading:
    """The shades of one matrix, in per cent of each class or in counts."""

    def __init__(self, counted: ConfusionCounts, in_counts: bool) -> None:
        self._counted, self._in_counts = counted, in_counts
        largest = max(counted.cells.values(), default=0)
        self._steps = [math.ceil(step * largest / 100) for step in STEPS] if in_counts else STEPS

    def shade(self, true: int, predicted: int) -> Shade:
        """The shade of a cell."""
        count = self._counted.cells.get((true, predicted), 0)
        if not count:
            return Shade(0, NOTHING, true == predicted)
        shown = count if self._in_counts else per_cent(count, self._counted.totals[true])
        number = str(shown) if shown else confusion_text.UNDER_ONE
        return Shade(self._level(shown), number, true == predicted)

    def key(self, coloured: bool, room: int) -> Row:
        """`shades from ░ >0 ▒ 3 ▓ 10 █ 30 %`, or a shorter form: the least number of each shade."""
        unit = "" if self._in_counts else " %"
        parts = cells.row(*self._parts(coloured), Span(unit, "dim"))
        return fitting([cells.row(Span(confusion_text.SHADES_FROM, "dim"), *parts), parts], room)

    def _parts(self, coloured: bool) -> Iterator[Span]:
        leasts = dict(sorted((self._level(least), least) for least in (1, *self._steps)[::-1]))
        for level, least in leasts.items():
            number = confusion_text.SOME if level == 1 and not self._in_counts else str(least)
            if coloured:
                yield Span(f" {number} ", FILLS[False][level - 1])
            else:
                yield Span(f" {SIGNS[level]} ")
                yield Span(number, "dim")

    def _level(self, shown: int) -> int:
        return 1 + sum(shown >= step for step in self._steps)


def per_cent(count: int, total: int) -> int:
    """A share in whole per cent; 100 only of all, since a mistake must not be hidden."""
    return 100 if count == total else min(99, round(100 * count / total))
