"""A confusion matrix cell by cell: names, numbers on their shades, and the recall of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import set_cell_size

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.choices import visible_range
from tui.drawing.mistakes import ConfusionCounts, class_name
from tui.drawing.table import widest
from tui.panes.confusion import confusion_text
from tui.panes.confusion.confused_pairs import listed_width
from tui.panes.confusion.matrix_view import MatrixView
from tui.panes.confusion.shading import NOTHING, Shade, Shading, per_cent

# With more classes, the matrix is shown cell by cell only on request.
MOST_CLASSES = 20
RECALL = 6
SHORTEST_NAME = 4
LONGEST_NAME = 16
# The fewest cells beside a matrix for a list of the worst pairs.
BESIDE = 24
# The widest column and the highest row; with larger ones it would not look like a matrix.
WIDEST_CELL = 13
HIGHEST = 4

# From this width on, a cell has its number in the middle.
WIDE_CELL = 7


class MatrixLayout(NamedTuple):
    """The visible classes, and the widths of names and matrix cells in terminal cells.

    The width of a matrix cell includes the space before its number and, if `signs`, a sign. `rows`
    and `columns` are classes in order; each row takes `pitch` rows of the terminal. The names end
    with a `gap` before coloured cells, which begin with their colour.
    """

    name: int
    cell: int
    signs: bool
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    pitch: int = 1
    gap: int = 0

    @property
    def width(self) -> int:
        return 1 + self.name + self.cell * len(self.columns) + RECALL


def matrix_layout(
    counted: ConfusionCounts,
    order: tuple[int, ...],
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView,
) -> MatrixLayout | None:
    """The most detailed layout in which the whole matrix fits; None if none fits."""
    many = len(order)
    if not 0 < many <= min(MOST_CLASSES, height - 1):
        return None
    digits, gap = _digits(counted, view.in_counts), int(view.coloured)
    names = widest([class_name(classes, i) for i in order])
    most = min(names, LONGEST_NAME) + gap
    for signs, shortest in ((True, most), (False, min(names, SHORTEST_NAME) + gap)):
        cell = digits + 1 + signs
        name = min(most, width - 1 - cell * many - RECALL)
        if name >= shortest:
            pitch = min(HIGHEST, max(1, (height - 1) // many)) if signs else 1
            shape = MatrixLayout(name, cell, signs, order, order, pitch, gap)
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
    gap = int(view.coloured)
    name = min(longest, widest([class_name(classes, i) for i in order])) + gap
    room = width - 1 - name - RECALL
    signs = room >= 12 * (digits + 2)
    cell = digits + 1 + signs
    at = [order.index(i) if i in order else 0 for i in view.selected or (0, 0)]
    rows = visible_range(len(order), at[0], max(1, height - 1))
    columns = visible_range(len(order), at[1], max(1, room // cell))
    down, across = (tuple(order[i] for i in each) for each in (rows, columns))
    return MatrixLayout(name, cell, signs, down, across, gap=gap)


def matrix_rows(
    counted: ConfusionCounts, classes: Sequence[str], shape: MatrixLayout, view: MatrixView
) -> list[Row]:
    """The heading; then for each true class its name, cells and recall.

    Brackets stand around the selected cell. The shade of a cell takes all rows of its class, and
    its number stands in the middle one.
    """
    shading = Shading(counted, view.in_counts)
    rows = [_heading(classes, shape, view)]
    # Signs leave a row between two classes; colours need none.
    filled = shape.pitch - (shape.pitch > 2 and not view.coloured)
    for true in shape.rows:
        shades = [shading.shade(true, predicted) for predicted in shape.columns]
        spans = [_filled(shade, shape.cell, view.coloured) for shade in shades]
        lines = [cells.row(" " * (1 + shape.name), *spans)] * filled
        name, recall = class_name(classes, true), _recall(counted, true)
        lines[(filled - 1) // 2] = _class_row(name, recall, shades, shape, true, view)
        rows += [*lines, *[()] * (shape.pitch - filled)]
    return rows


def _class_row(
    name: str,
    recall: str,
    shades: Sequence[Shade],
    shape: MatrixLayout,
    true: int,
    view: MatrixView,
) -> Row:
    """The row of a class that has its name and numbers."""
    chosen, column = view.selected or (None, None)
    at = shape.columns.index(column) if chosen == true and column in shape.columns else -1
    drawn: list[Row] = [
        _numbered(shade, shape, view.coloured, selected=i == at) for i, shade in enumerate(shades)
    ]
    drawn.append((Span(cells.right(recall, RECALL - 1), "dim"),))
    if at >= 0 and "]" not in cells.text(drawn[at]):
        drawn[at + 1] = _closing(drawn[at + 1])
    fitted = f" {cells.fit_text(name, shape.name - shape.gap)}{' ' * shape.gap}"
    label = Span(fitted, "selected" if at >= 0 else "plain")
    return cells.row(label, *(span for cell in drawn for span in cell))


def _filled(shade: Shade, width: int, coloured: bool) -> Span:
    """A cell without its number."""
    return Span(" " * width, shade.fill) if coloured else Span(" " + shade.sign * (width - 1))


def _numbered(shade: Shade, shape: MatrixLayout, coloured: bool, selected: bool) -> Row:
    """A cell with its number: on a colour, or beside the signs that stand for its shade."""
    before, number, after = _parts(shade, shape, coloured)
    if selected:
        before, number = before + " " * number.count(" "), number.lstrip()
        head, space, tail = before.rpartition(" ")
        before, after = head + "[" * bool(space) + tail, "]" * bool(after) + after[1:]
    if coloured:
        return (Span(before + number + after, shade.fill),)
    return cells.row(before, Span(number, shade.text), after)


def _parts(shade: Shade, shape: MatrixLayout, coloured: bool) -> tuple[str, str, str]:
    """What stands before the number of a cell, the number, and what stands after it."""
    number, room = shade.number.rjust(2), shape.cell - 1
    if shape.cell >= WIDE_CELL:
        left, right = (room - len(number)) // 2, (room - len(number) + 1) // 2
        if coloured:
            return " " * (left + 1), number, " " * right
        return f" {shade.sign * (left - 1)} ", number, f" {shade.sign * (right - 1)}"
    left = shape.cell - len(number)
    if coloured:
        after = min(left - 1, 1) if shape.signs else 0
        return " " * (left - after), number, " " * after
    # Three digits take the space between two cells, so that there is room for the sign.
    sign = shade.sign if shape.signs and left else ""
    return cells.right(sign, left), number, ""


def _closing(cell: Row) -> Row:
    """The cell after a selected one, with the bracket in its space."""
    first, *rest = cell
    if not first.text.startswith(" "):
        return cell
    return cells.row(Span("]", "selected"), first._replace(text=first.text[1:]), *rest)


def _heading(classes: Sequence[str], shape: MatrixLayout, view: MatrixView) -> Row:
    """The predicted classes, abbreviated, over their columns."""
    selected = view.selected[1] if view.selected else None
    names = [
        Span(_short(class_name(classes, i), shape), "selected" if i == selected else "dim")
        for i in shape.columns
    ]
    recall = Span(cells.right(confusion_text.RECALL, RECALL - 1), "dim")
    corner = next((form for form in confusion_text.CORNERS if len(form) <= shape.name), "")
    return cells.row(Span(" " + corner.ljust(shape.name), "dim"), *names, recall)


def _widened(shape: MatrixLayout, names: int, width: int, listed: int) -> MatrixLayout:
    """The layout with wider cells, up to whole headings and square cells, and longer names.

    If a list fits beside it, the list keeps its width, up to half of the pane.
    """
    beside = max(BESIDE, min(listed + 3, width // 2)) if width - shape.width >= BESIDE else 0
    room = (width - beside - 1 - shape.name - RECALL) // len(shape.columns)
    enough = min(max(names + 1, 2 * shape.pitch + 1), WIDEST_CELL)
    shape = shape._replace(cell=max(shape.cell, min(enough, room)))
    left = max(0, width - beside - shape.width)
    return shape._replace(name=min(names + shape.gap, shape.name + left))


def _digits(counted: ConfusionCounts, in_counts: bool) -> int:
    return len(str(max(counted.cells.values(), default=0))) if in_counts else 2


def _short(name: str, shape: MatrixLayout) -> str:
    """The beginning of a name after a space, over the number of its column."""
    room = shape.cell - 1
    beginning = set_cell_size(name, room).rstrip()
    free = room - widest([beginning])
    after = (free + 1) // 2 if shape.cell >= WIDE_CELL else min(free, 1) if shape.signs else 0
    return cells.right(beginning + " " * after, shape.cell)


def _recall(counted: ConfusionCounts, true: int) -> str:
    total = counted.totals.get(true, 0)
    return str(per_cent(counted.cells.get((true, true), 0), total)) if total else NOTHING
