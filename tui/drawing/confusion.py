"""The confusion pane: the matrix where it fits, else the worst pairs beside its shape."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import Confusion
from tui import text
from tui.drawing import cells, matrix
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.matrix import BESIDE, MOST_CLASSES, Layout
from tui.drawing.mistakes import Counts, counts, mistakes
from tui.drawing.pairs import pair_list, pair_table, short_pairs


def confusion_pane(
    confusion: Confusion | None,
    classes: Sequence[str],
    width: int,
    height: int,
    in_counts: bool = False,
) -> list[Row]:
    """Row = true class, in per cent of its images, or in counts."""
    if confusion is None:
        rows = [cells.row(Span(" " + text.NO_CONFUSION, "dim"))]
    else:
        counted = counts(confusion)
        shape = matrix.layout(counted, classes, width, height, in_counts)
        if shape is None:
            rows = pair_table(counted, classes, width, height)
        else:
            rows = _matrix(counted, classes, shape, height, in_counts)
            rows = _beside(rows, counted, classes, width, shape)
    blank: list[Row] = [()] * (height - len(rows))
    return [cells.fit(row, width) for row in [*rows, *blank][:height]]


def confusion_foot(
    confusion: Confusion | None,
    classes: Sequence[str],
    width: int,
    height: int,
    in_counts: bool = False,
) -> Row:
    """What the lower border of this pane says: the column names or the worst pairs, if not inside.

    `width` and `height` are those of the inside.
    """
    if confusion is None:
        return ()
    counted = counts(confusion)
    shape = matrix.layout(counted, classes, width, height, in_counts)
    if shape is None:
        return (Span(text.images(f"{sum(counted.totals.values()):,}"), "dim"),)
    if height == shape.classes:
        return matrix.heading_border(classes, shape, width)
    if width - shape.width >= BESIDE:
        return ()
    return worst_pairs(confusion, classes, max(0, width - 6))


def worst_pairs(confusion: Confusion, classes: Sequence[str], width: int) -> Row:
    """`cat→dog 131  dog→cat 118`, as many as fit."""
    return short_pairs(mistakes(counts(confusion)), classes, width)


def confusion_facts(
    confusion: Confusion | None, classes: Sequence[str], room: int, in_counts: bool = False
) -> Row:
    """`row = true, %   epoch 11`, or the epoch alone."""
    if confusion is None:
        return ()
    many = [text.classes(len(classes)) + "   "] if len(classes) > MOST_CLASSES else []
    how = text.confusion_facts(text.COUNT if in_counts else "%", confusion.epoch)
    epoch = f"{text.EPOCH} {confusion.epoch}"
    forms = ["".join([*many, how]), how, epoch]
    return fitting([(Span(form, "dim"),) for form in forms], room)


def _matrix(
    counted: Counts, classes: Sequence[str], shape: Layout, height: int, in_counts: bool
) -> list[Row]:
    rows = matrix.matrix_rows(counted, classes, shape, in_counts)
    return rows if height == shape.classes else [matrix.heading(classes, shape), *rows]


def _beside(
    rows: Sequence[Row], counted: Counts, classes: Sequence[str], width: int, shape: Layout
) -> list[Row]:
    """The matrix with a list of the worst pairs at its right, where there is room."""
    room = width - shape.width - 3
    found = mistakes(counted)
    if width - shape.width < BESIDE or not found:
        return list(rows)
    listed = [*pair_list(found, classes, room, len(rows)), *[()] * len(rows)]
    return [
        cells.row(*cells.fit(row, shape.width), Span("│ ", "border"), *pair)
        for row, pair in zip(rows, listed, strict=False)
    ]
