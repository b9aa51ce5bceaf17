"""A confusion matrix cell by cell: hits in one ink, mistakes scaled to the largest of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import set_cell_size

from tui import text
from tui.drawing import cells, numbers
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.mistakes import Counts, class_name
from tui.drawing.table import widest

# Beyond this many classes a matrix is no longer read cell by cell.
MOST_CLASSES = 20
RECALL = 6
SHORTEST_NAME = 4
# The least cells beside a matrix for a list of the worst pairs.
BESIDE = 19

HIT: tuple[str, Ink] = ("█", "hit")
# From which share of the largest mistake on, its sign and its ink.
LEVELS: tuple[tuple[float, str, Ink], ...] = (
    (0.6, "▓", "miss4"),
    (0.28, "▒", "miss3"),
    (0.15, "░", "miss2"),
    (0.0, " ", "miss1"),
)


class Layout(NamedTuple):
    """Widths in cells, that of a cell with the space before it, and whether it has a sign."""

    name: int
    cell: int
    signs: bool
    classes: int

    @property
    def width(self) -> int:
        return 1 + self.name + self.cell * self.classes + RECALL


def layout(
    counted: Counts, classes: Sequence[str], width: int, height: int, in_counts: bool
) -> Layout | None:
    """The richest way in which the whole matrix fits, or None."""
    many = len(classes)
    if not 0 < many <= min(MOST_CLASSES, height):
        return None
    digits = len(str(max(counted.cells.values(), default=0))) if in_counts else 2
    names = widest([class_name(classes, i) for i in range(many)])
    for signs, shortest in ((True, names), (False, min(names, SHORTEST_NAME))):
        cell = digits + 1 + signs
        name = min(names, width - 1 - cell * many - RECALL)
        if name >= shortest:
            return _widened(Layout(name, cell, signs, many), names, width)
    return None


def _widened(shape: Layout, names: int, width: int) -> Layout:
    """Wider cells, for headings that abbreviate less, where no list could stand beside."""
    wider = shape._replace(cell=shape.cell + 1)
    if width - shape.width >= BESIDE or wider.width > width or shape.cell > names:
        return shape
    return _widened(wider, names, width)


def matrix_rows(
    counted: Counts, classes: Sequence[str], shape: Layout, in_counts: bool
) -> list[Row]:
    """One row a true class: name, cells, recall."""
    largest = max(
        (counted.fraction(true, other) for true, other in counted.cells if true != other),
        default=0.0,
    )
    return [
        cells.row(
            " " + cells.fit_text(class_name(classes, true), shape.name),
            *(
                _cell(counted, true, predicted, largest, shape, in_counts)
                for predicted in range(shape.classes)
            ),
            Span(cells.right(_recall(counted, true), RECALL - 1), "dim"),
        )
        for true in range(shape.classes)
    ]


def heading(classes: Sequence[str], shape: Layout) -> Row:
    """The predicted classes, abbreviated, over their columns."""
    names = (_short(class_name(classes, i), shape.cell) for i in range(shape.classes))
    recall = cells.right(text.RECALL, RECALL - 1)
    return (Span(" " * (1 + shape.name) + "".join(names) + recall, "dim"),)


def heading_border(classes: Sequence[str], shape: Layout, width: int) -> Row:
    """The same as the lower border of the pane, for a matrix that takes all of its rows."""
    names = "".join(_short(class_name(classes, i), shape.cell) for i in range(shape.classes))
    label = f"─ {text.PREDICTED}"
    label = label if widest([label]) <= 1 + shape.name else "─" * shape.name + " "
    label = cells.fit_text(label, 1 + shape.name)
    recall = cells.right(text.RECALL, RECALL - 1) + " "
    rest = Span("─" * (width - shape.width), "border")
    return cells.fit((Span(label, "border"), Span(names + recall, "dim"), rest), width)


def _short(name: str, cell: int) -> str:
    """The beginning of a name, in a column with a space before it."""
    beginning = set_cell_size(name, cell - 1).rstrip()
    return cells.right(beginning, cell)


def _cell(
    counted: Counts, true: int, predicted: int, largest: float, shape: Layout, in_counts: bool
) -> Span:
    share = counted.fraction(true, predicted)
    count = counted.cells.get((true, predicted), 0)
    number = str(count) if in_counts else numbers.whole(share)
    if not count or number == "0":
        return Span(cells.right("·", shape.cell), "dim")
    sign, ink = HIT if true == predicted else _level(share / largest)
    # Three digits leave no room for the sign.
    if not shape.signs or len(number) > shape.cell - 2:
        sign = ""
    return Span(cells.right(sign + number.rjust(2), shape.cell), ink)


def _level(share: float) -> tuple[str, Ink]:
    return next((sign, ink) for least, sign, ink in LEVELS if share >= least)


def _recall(counted: Counts, true: int) -> str:
    return numbers.whole(counted.fraction(true, true)) if true in counted.totals else "·"
