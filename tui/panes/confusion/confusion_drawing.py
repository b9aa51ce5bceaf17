"""The inside of the confusion pane: the matrix, or the worst pairs where it does not fit."""

from __future__ import annotations

from collections.abc import Sequence

from engine.protocol.events import Confusion
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.mistakes import ConfusionCounts, counts
from tui.panes.confusion import confusion_text, matrix
from tui.panes.confusion.class_report import report
from tui.panes.confusion.confused_pairs import pair_list, pair_table
from tui.panes.confusion.matrix import BESIDE, MatrixLayout
from tui.panes.confusion.matrix_view import Kind, MatrixView, class_order

PLAIN = MatrixView()


def confusion_pane(
    confusion: Confusion | None,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView = PLAIN,
) -> list[Row]:
    """The inside of the pane. A row is a true class, in per cent of its images or in counts."""
    if confusion is None:
        rows = [cells.row(Span(" " + confusion_text.NO_CONFUSION, "dim"))]
    else:
        rows = _shown(counts(confusion), classes, width, height, view)
    return cells.filled(rows, width, height)


def kind_shown(
    confusion: Confusion | None, classes: Sequence[str], width: int, height: int, view: MatrixView
) -> Kind:
    """The kind of view that a pane of this inner size shows."""
    if view.kind is not None or confusion is None:
        return view.kind or "matrix"
    whole = whole_matrix(counts(confusion), classes, width, height, view)
    return "matrix" if whole is not None else "pairs"


def _shown(
    counted: ConfusionCounts, classes: Sequence[str], width: int, height: int, view: MatrixView
) -> list[Row]:
    if view.kind == "report":
        return report(counted, classes, width, height, view)
    shape = None if view.kind == "pairs" else whole_matrix(counted, classes, width, height, view)
    if shape is None and view.kind != "matrix":
        return pair_table(counted, classes, width, height, view)
    shape = shape or matrix_part(counted, classes, width, height, view)
    if not shape.rows:
        return [cells.row(Span(" " + confusion_text.NO_CLASS_FITS, "dim"))]
    rows = matrix.matrix_rows(counted, classes, shape, view)
    return _beside(rows, counted, classes, width, height, shape)


def whole_matrix(
    counted: ConfusionCounts, classes: Sequence[str], width: int, height: int, view: MatrixView
) -> MatrixLayout | None:
    """The layout of the matrix; None if it does not fit."""
    order = class_order(counted, classes, view.order("matrix"), view.wanted)
    return matrix.matrix_layout(counted, order, classes, width, height, view)


def matrix_part(
    counted: ConfusionCounts, classes: Sequence[str], width: int, height: int, view: MatrixView
) -> MatrixLayout:
    """The layout of the part of the matrix that fits."""
    order = class_order(counted, classes, view.order("matrix"), view.wanted)
    return matrix.window(counted, order, classes, width, height, view)


def _beside(
    rows: Sequence[Row],
    counted: ConfusionCounts,
    classes: Sequence[str],
    width: int,
    height: int,
    shape: MatrixLayout,
) -> list[Row]:
    """The matrix, with a list of the worst pairs on its right if there is room."""
    room = width - shape.width - 3
    found = counted.mistakes
    if width - shape.width < BESIDE or not found:
        return list(rows)
    blank: list[Row] = [()] * height
    listed = [*pair_list(found, classes, room, height), *blank]
    return [
        cells.row(*cells.fit(row, shape.width), Span("│ ", "border"), *pair)
        for row, pair in zip([*rows, *blank][:height], listed, strict=False)
    ]
