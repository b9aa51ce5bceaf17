"""The cells of a confusion matrix: hits in one ink, mistakes by their share of the largest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import set_cell_size

from engine import numbers
from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.choices import visible_range
from tui.drawing.mistakes import ConfusionCounts, class_name
from tui.drawing.table import widest
from tui.panes.confusion import confusion_text
from tui.panes.confusion.confused_pairs import listed_width
from tui.panes.confusion.matrix_view import MatrixView

# With more classes, the matrix is shown cell by cell only on request.
MOST_CLASSES = 20
RECALL = 6
SHORTEST_NAME = 4
LONGEST_NAME = 16
# The fewest cells beside a matrix for a list of the worst pairs.
BESIDE = 19
# The widest column and the highest row; with larger ones it would not look like a matrix.
WIDEST_CELL = 13
HIGHEST = 4

HIT: tuple[str, Ink] = ("█", "hit")
# The least share of the largest mistake for each sign and ink.
LEVELS: tuple[tuple[float, str, Ink], ...] = (
    (0.6, "▓", "miss4"),
    (0.28, "▒", "miss3"),
    (0.15, "░", "miss2"),
    (0.0, " ", "miss1"),
)


class MatrixLayout(NamedTuple):
    """The visible classes, and the widths of names and matrix cells in terminal cells.

    The width of a matrix cell includes the space before its number and, if `signs`, a sign. `rows`
    and `columns` are classes in order; each row takes `pitch` rows of the terminal.
    """

    name: int
    cell: int
    signs: bool
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    pitch: int = 1

    @property
    def height(self) -> int:
        """The rows of the terminal without the heading."""
        return self.pitch * len(self.rows)

    @property
    def width(self) -> int:
        return 1 + self.name + self.cell * len(self.columns) + RECALL


def matrix_layout(
    counted: ConfusionCounts,
    order: tuple[int, ...],
    classes: Sequence[str],
    width: int,
    height: int,
    in_counts: bool,
) -> MatrixLayout | None:
    """The most detailed layout in which the whole matrix fits; None if none fits."""
    many = len(order)
    if not 0 < many <= min(MOST_CLASSES, height):
        return None
    digits = _digits(counted, in_counts)
    names = widest([class_name(classes, i) for i in order])
    most = min(names, LONGEST_NAME)
    for signs, shortest in ((True, most), (False, min(names, SHORTEST_NAME))):
        cell = digits + 1 + signs
        name = min(most, width - 1 - cell * many - RECALL)
        if name >= shortest:
            pitch = min(HIGHEST, max(1, (height - 1) // many)) if signs else 1
            shape = MatrixLayout(name, cell, signs, order, order, pitch)
            return _widened(shape, names, width, listed_width(counted.mistakes, classes, height))
    return None


def window(
    counted: ConfusionCounts,
    order: tuple[int, ...],
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView,
) -> MatrixLayout:
    """The part of a large matrix that fits, around the selected cell or from the first one."""
    digits = _digits(counted, view.in_counts)
    longest = min(LONGEST_NAME, max(SHORTEST_NAME, width // 4))
    name = min(longest, widest([class_name(classes, i) for i in order]))
    room = width - 1 - name - RECALL
    signs = room >= 12 * (digits + 2)
    cell = digits + 1 + signs
    at = [order.index(i) if i in order else 0 for i in view.selected or (0, 0)]
    rows = visible_range(len(order), at[0], max(1, height - 1))
    columns = visible_range(len(order), at[1], max(1, room // cell))
    return MatrixLayout(
        name, cell, signs, tuple(order[i] for i in rows), tuple(order[i] for i in columns)
    )


def matrix_rows(
    counted: ConfusionCounts,
    classes: Sequence[str],
    shape: MatrixLayout,
    view: MatrixView | None = None,
) -> list[Row]:
    """For each true class its name, cells and recall, with brackets around the selected cell.

    A class of several rows has filled cells, and the numbers in its middle row.
    """
    view = view or MatrixView()
    rows: list[Row] = []
    filled = shape.pitch - (shape.pitch > 2)
    for true in shape.rows:
        fill = _fill_row(counted, shape, true, view.in_counts)
        lines = [fill] * filled + [()] * (shape.pitch - filled)
        lines[(filled - 1) // 2] = _matrix_row(counted, classes, shape, true, view)
        rows += lines
    return rows


def _matrix_row(
    counted: ConfusionCounts,
    classes: Sequence[str],
    shape: MatrixLayout,
    true: int,
    view: MatrixView,
) -> Row:
    name = cells.fit_text(class_name(classes, true), shape.name)
    drawn = [_cell(counted, true, other, shape, view.in_counts) for other in shape.columns]
    drawn.append(Span(cells.right(_recall(counted, true), RECALL - 1), "dim"))
    chosen, column = view.selected or (None, None)
    if chosen != true or column not in shape.columns:
        return cells.row(" " + name, *drawn)
    return cells.row(Span(" " + name, "selected"), *_marked(drawn, shape.columns.index(column)))


def _fill_row(counted: ConfusionCounts, shape: MatrixLayout, true: int, in_counts: bool) -> Row:
    """The cells of a class without their numbers; a cell whose share rounds to 0 is empty."""
    spans = [Span(" " * (1 + shape.name))]
    for other in shape.columns:
        sign, ink = _sign(counted, true, other)
        seen = _number(counted, true, other, in_counts) != "0"
        spans.append(Span(" " + (sign if seen else " ") * (shape.cell - 1), ink))
    return tuple(spans)


def _marked(drawn: Sequence[Span], at: int) -> list[Span]:
    """The cells with brackets in the spaces around this one."""
    content = drawn[at].text.lstrip()
    space = len(drawn[at].text) - len(content)
    after = drawn[at + 1]
    bracketed = [Span(" " * (space - 1)), Span("[" * min(1, space), "selected")]
    bracketed.append(Span(content, drawn[at].ink))
    if after.text.startswith(" "):
        bracketed += [Span("]", "selected"), Span(after.text[1:], after.ink)]
    else:
        bracketed.append(after)
    return [*drawn[:at], *bracketed, *drawn[at + 2 :]]


def heading(classes: Sequence[str], shape: MatrixLayout, selected: int | None = None) -> Row:
    """The predicted classes, abbreviated, over their columns."""
    recall = Span(cells.right(confusion_text.RECALL, RECALL - 1), "dim")
    return cells.row(" " * (1 + shape.name), *_column_names(classes, shape, selected), recall)


def heading_border(classes: Sequence[str], shape: MatrixLayout, width: int) -> Row:
    """The predicted classes in the lower border, for a matrix as high as the pane."""
    label = f"─ {confusion_text.PREDICTED}"
    label = label if widest([label]) <= 1 + shape.name else "─" * shape.name + " "
    label = cells.fit_text(label, 1 + shape.name)
    recall = cells.right(confusion_text.RECALL, RECALL - 1) + " "
    rest = Span("─" * (width - shape.width), "border")
    names = _column_names(classes, shape, None)
    return cells.fit((Span(label, "border"), *names, Span(recall, "dim"), rest), width)


def _column_names(classes: Sequence[str], shape: MatrixLayout, selected: int | None) -> list[Span]:
    return [
        Span(_short(class_name(classes, i), shape.cell), "selected" if i == selected else "dim")
        for i in shape.columns
    ]


def _widened(shape: MatrixLayout, names: int, width: int, listed: int) -> MatrixLayout:
    """The layout with wider cells, up to whole headings and square cells, and longer names.

    If a list fits beside it, the list keeps its width, up to a third of the pane.
    """
    beside = max(BESIDE, min(listed + 3, width // 3)) if width - shape.width >= BESIDE else 0
    room = (width - beside - 1 - shape.name - RECALL) // len(shape.columns)
    enough = min(max(names + 1, 2 * shape.pitch + 1), WIDEST_CELL)
    shape = shape._replace(cell=max(shape.cell, min(enough, room)))
    left = max(0, width - beside - shape.width)
    return shape._replace(name=min(names, shape.name + left))


def _digits(counted: ConfusionCounts, in_counts: bool) -> int:
    return len(str(max(counted.cells.values(), default=0))) if in_counts else 2


def _short(name: str, cell: int) -> str:
    """The beginning of a name, after a space."""
    beginning = set_cell_size(name, cell - 1).rstrip()
    return cells.right(beginning, cell)


def _cell(
    counted: ConfusionCounts, true: int, predicted: int, shape: MatrixLayout, in_counts: bool
) -> Span:
    sign, ink = _sign(counted, true, predicted)
    number = _number(counted, true, predicted, in_counts)
    if number == "0":
        return Span(cells.right("·", shape.cell), "dim")
    number = number.rjust(2)
    # Three digits leave no room for the sign.
    room = shape.cell - 1 - len(number) if shape.signs else 0
    if shape.pitch > 1 and room > 1:
        return Span(f" {sign * (room - 1)} {number}", ink)
    return Span(cells.right(sign * min(1, room) + number, shape.cell), ink)


def _number(counted: ConfusionCounts, true: int, predicted: int, in_counts: bool) -> str:
    if in_counts:
        return str(counted.cells.get((true, predicted), 0))
    return numbers.whole(counted.fraction(true, predicted))


def _sign(counted: ConfusionCounts, true: int, predicted: int) -> tuple[str, Ink]:
    """The character that fills a cell, and its ink."""
    if (true, predicted) not in counted.cells:
        return " ", "dim"
    if true == predicted:
        return HIT
    return _level(counted.fraction(true, predicted) / counted.largest)


def _level(share: float) -> tuple[str, Ink]:
    return next((sign, ink) for least, sign, ink in LEVELS if share >= least)


def _recall(counted: ConfusionCounts, true: int) -> str:
    return numbers.whole(counted.fraction(true, true)) if true in counted.totals else "·"
