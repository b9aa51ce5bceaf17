"""Precision, recall and F1 of each class, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine import numbers
from engine.run.measures import class_measures
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.choices import visible_range
from tui.drawing.mistakes import ConfusionCounts, class_name
from tui.drawing.spark import bar
from tui.drawing.table import Column, fitting_columns, table
from tui.panes.confusion import confusion_text
from tui.panes.confusion.matrix_view import MatrixView, class_order

LONGEST_NAME = 24
# The longest bar of recall, and the share of the pane that it may take.
BAR = 30
BAR_SHARE = 5
# With fewer rows than this, there is no heading.
HEADED = 3


class ClassScore(NamedTuple):
    """Precision, recall and F1 as in `ClassMeasures`; None where they are undefined."""

    precision: float | None
    recall: float | None
    f1: float | None


def score(counted: ConfusionCounts, index: int) -> ClassScore:
    """The score of one class against all others."""
    images, predicted = counted.totals.get(index, 0), counted.predictions.get(index, 0)
    one = class_measures(images, predicted, counted.cells.get((index, index), 0))
    return ClassScore(one.precision, one.recall, one.f1)


def mean_score(counted: ConfusionCounts, many: int) -> ClassScore:
    """The mean of each fraction over the classes for which it is defined."""
    columns = zip(*(score(counted, index) for index in range(many)), strict=True)
    defined = [[value for value in column if value is not None] for column in columns]
    return ClassScore(
        *(sum(values) / len(values) if values else None for values in defined or [[]] * 3)
    )


def report(
    counted: ConfusionCounts, classes: Sequence[str], width: int, height: int, view: MatrixView
) -> list[Row]:
    """A row for each class around the selected one, with its most frequent mistake."""
    order = class_order(counted, classes, view.order("report"), view.wanted)
    if not order:
        return [cells.row(Span(" " + confusion_text.NO_CLASS_FITS, "dim"))]
    chosen = view.selected[0] if view.selected else None
    at = order.index(chosen) if chosen in order else 0
    shown = [order[i] for i in visible_range(len(order), at, height - (height >= HEADED))]
    columns = fitting_columns(_columns(counted, classes, shown, width), width)
    rows = table(columns, width)
    if chosen in shown:
        marked = rows[1 + shown.index(chosen)]
        name = Span("▸" + marked[0].text[1:], "selected")
        rows[1 + shown.index(chosen)] = (name, *marked[1:])
    return rows if height >= HEADED else rows[1:]


def report_foot(counted: ConfusionCounts, many: int, width: int) -> Row:
    """`mean of the classes   prec 87.4   rec 87.1   F1 87.0`, or a shorter form."""
    names = (confusion_text.PRECISION, confusion_text.RECALL, confusion_text.F1)
    means = zip(names, mean_score(counted, many), strict=True)
    written = "   ".join(f"{name} {_percent(value)}" for name, value in means)
    forms = (f"{confusion_text.MEAN_OF_CLASSES}   {written}", written)
    return next(((Span(form, "dim"),) for form in forms if len(form) <= width), ())


def _columns(
    counted: ConfusionCounts, classes: Sequence[str], shown: Sequence[int], width: int
) -> list[Column]:
    scores = [score(counted, index) for index in shown]
    names = [_cut(class_name(classes, index)) for index in shown]
    sizes = [f"{counted.totals.get(index, 0):,}" for index in shown]
    longest = min(BAR, width // BAR_SHARE)
    bars = [bar(one.recall or 0.0, longest) for one in scores]
    return [
        Column(confusion_text.CLASS, names),
        Column(confusion_text.PRECISION, [_percent(one.precision) for one in scores], right=True),
        Column(confusion_text.RECALL, [_percent(one.recall) for one in scores], right=True),
        Column("", bars, rank=3, ink="hit"),
        Column(confusion_text.F1, [_percent(one.f1) for one in scores], right=True),
        Column(confusion_text.COLUMN_IMAGES, sizes, rank=2, right=True, ink="dim"),
        Column(confusion_text.TAKEN_FOR, [_taken_for(counted, classes, i) for i in shown], rank=1),
    ]


def _taken_for(counted: ConfusionCounts, classes: Sequence[str], index: int) -> str:
    """`dog 13.1 %`: the most frequent wrong prediction of a class, and its share."""
    worst = counted.worst.get(index)
    if worst is None:
        return ""
    share = numbers.percent(worst.images / worst.of)
    return f"{_cut(class_name(classes, worst.predicted))} {share} %"


def _cut(name: str) -> str:
    return cells.fit_text(name, LONGEST_NAME).rstrip()


def _percent(fraction: float | None) -> str:
    return shared_text.NONE if fraction is None else numbers.percent(fraction)
