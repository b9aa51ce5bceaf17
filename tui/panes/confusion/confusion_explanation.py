"""Sentences that explain the confusion matrix and name the most confused classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import numbers
from engine.protocol.events import Confusion
from tui.drawing.mistakes import ConfusionCounts, Mistake, class_name, counts
from tui.panes.confusion import confusion_text
from tui.panes.confusion.matrix_view import MatrixView, pair_order

# Two classes look alike if the reverse mistake is at least this share of the worst one.
MUTUAL = 0.5


def sentences(
    confusion: Confusion | None, classes: Sequence[str], view: MatrixView
) -> Iterator[str]:
    """What the matrix says of the classes that fit the filter."""
    yield confusion_text.EXPLAIN_CONFUSION
    if confusion is None:
        yield confusion_text.EXPLAIN_NO_CONFUSION
        return
    counted = counts(confusion)
    yield confusion_text.explain_epoch(confusion.epoch, f"{counted.images:,}")
    if view.wanted:
        yield confusion_text.explain_filter(view.wanted)
    worst = pair_order(counted, classes, "worst", view.wanted)
    if worst:
        yield from _worst(counted, classes, worst)
    elif counted.images:
        yield confusion_text.EXPLAIN_NO_MISTAKES


def _worst(
    counted: ConfusionCounts, classes: Sequence[str], found: Sequence[Mistake]
) -> Iterator[str]:
    """The most frequent pair, the others that are as frequent, and the reverse or hardest class."""
    worst = found[0]
    names = class_name(classes, worst.true), class_name(classes, worst.predicted)
    share = numbers.percent(worst.images / worst.of)
    yield confusion_text.explain_worst(*names, f"{worst.images:,}", f"{worst.of:,}", share)
    if equal := sum(pair.images == worst.images for pair in found) - 1:
        yield confusion_text.explain_equal(equal)
    reverse = counted.cells.get((worst.predicted, worst.true), 0)
    if reverse >= MUTUAL * worst.images:
        yield confusion_text.explain_mutual(*names, f"{reverse:,}")
    recall, hardest = counted.recalls[0]
    yield confusion_text.explain_hardest(class_name(classes, hardest), numbers.percent(recall))
