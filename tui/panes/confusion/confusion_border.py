"""The border of the confusion pane: how the counts are drawn, and what is selected."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.protocol.events import Confusion
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.mistakes import ConfusionCounts, class_name, counts
from tui.panes.confusion import confusion_text
from tui.panes.confusion.class_report import report_foot
from tui.panes.confusion.confused_pairs import short_pairs
from tui.panes.confusion.confusion_drawing import PLAIN, kind_shown, matrix_part, whole_matrix
from tui.panes.confusion.matrix import BESIDE, MOST_CLASSES
from tui.panes.confusion.matrix_view import Kind, MatrixView, class_order
from tui.panes.confusion.selected_images import images_in
from tui.panes.confusion.shading import Shading


def confusion_facts(
    confusion: Confusion | None,
    classes: Sequence[str],
    room: int,
    epoch: str,
    view: MatrixView = PLAIN,
    kind: Kind = "matrix",
) -> Row:
    """`row = true, %   epoch 11`, or a shorter form; `epoch` may be empty."""
    if confusion is None:
        return ()
    when = [epoch] if epoch else []
    unit = confusion_text.COUNT if view.in_counts else "%"
    long = [confusion_text.axes(unit), *when] if kind == "matrix" else when
    how = [confusion_text.row_is_true(unit), *when] if kind == "matrix" else when
    order = (
        [confusion_text.CONFUSION_ORDERS[view.order(kind)]] if view.turn or kind == "report" else []
    )
    many = [shared_text.classes(len(classes))] if len(classes) > MOST_CLASSES else []
    only = [shared_text.filtered(view.wanted)] if view.wanted else []
    top1 = [confusion_text.top1(numbers.share(counts(confusion).top1))] if kind != "matrix" else []
    parts = (
        [*many, *only, *order, *long, *top1],
        [*many, *only, *order, *how, *top1],
        [*only, *order, *how, *top1],
        [*only, *order, *how],
        [*only, *how],
        how,
        when,
    )
    return fitting([cells.row(Span("   ".join(form), "dim")) for form in parts], room)


def confusion_foot(
    confusion: Confusion | None,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView = PLAIN,
) -> Row:
    """The lower border: the selected cell, the names of columns, the worst pairs, or sums.

    `width` and `height` are the inner size of the pane.
    """
    if confusion is None:
        return ()
    counted = counts(confusion)
    if view.waiting:
        waiting = Span(confusion_text.waiting_for(view.waiting), "dim")
        return cells.shortened((waiting,), max(0, width - 7))
    kind = kind_shown(confusion, classes, width, height, view)
    if view.selected is not None:
        hint = confusion_hint(confusion, classes, width, height, view)
        room = max(0, width - 7 - cells.width(hint))
        return _selection(counted, classes, view.selected, kind, room)
    if kind == "report":
        return report_foot(counted, len(classes), max(0, width - 6))
    if kind == "pairs":
        return (Span(confusion_text.images(f"{counted.images:,}"), "dim"),)
    used = cells.width(confusion_hint(confusion, classes, width, height, view))
    return _matrix_foot(counted, classes, width, height, view, max(0, width - 7 - used))


def confusion_hint(
    confusion: Confusion | None,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView = PLAIN,
) -> Row:
    """The right of the lower border: `⏎ images` of a selection, else the key to the shades.

    The key leaves room for the worst pair.
    """
    if confusion is None or view.waiting:
        return ()
    counted, kind = counts(confusion), kind_shown(confusion, classes, width, height, view)
    if view.selected is None and kind == "matrix":
        pair = _matrix_foot(counted, classes, width, height, view, width, most=1)
        room = max(0, width - 7 - cells.width(pair))
        return Shading(counted, view.in_counts).key(view.coloured, room)
    if view.selected is None or not images_in(counted, view.selected, kind):
        return ()
    return (Span("⏎ ", "key"), Span(confusion_text.KEY_IMAGES, "dim"))


def _matrix_foot(
    counted: ConfusionCounts,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView,
    room: int,
    most: int | None = None,
) -> Row:
    """The part that is shown, or `most` worst pairs if they have no room beside the matrix."""
    whole = whole_matrix(counted, classes, width, height, view)
    shape = whole or matrix_part(counted, classes, width, height, view)
    if whole is None:
        many = len(class_order(counted, classes, "classes", view.wanted))
        return (Span(confusion_text.part_of(len(shape.rows), len(shape.columns), many), "dim"),)
    if width - shape.width >= BESIDE:
        return ()
    pairs = short_pairs(counted.mistakes[:most], classes, room)
    named = cells.row(f"{confusion_text.WORST} ", *pairs)
    return named if counted.mistakes and most is None and cells.width(named) <= room else pairs


def _selection(
    counted: ConfusionCounts,
    classes: Sequence[str],
    selected: tuple[int, int],
    kind: Kind,
    width: int,
) -> Row:
    """`cat → dog   131 of 1,000   13.1 %`."""
    true, predicted = selected
    images, of = counted.cells.get(selected, 0), counted.totals.get(true, 0)
    name = Span(class_name(classes, true), "selected")
    words = (name, Span(f" → {class_name(classes, predicted)}", "selected"))
    if true == predicted or kind == "report":
        images = counted.cells.get((true, true), 0)
        words = (name, Span(f" {confusion_text.RECOGNISED}"))
    share = f"   {numbers.share(images / of)}" if of else ""
    count = confusion_text.count_of(f"{images:,}", f"{of:,}")
    forms = [
        cells.row(*words, f"   {count}", Span(share, "dim")),
        cells.row(*words, f"   {count}"),
        cells.row(*words, f"   {images:,}"),
    ]
    return fitting(forms, width) or cells.shortened(words, width)
