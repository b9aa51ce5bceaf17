"""Sentences that explain the confusion matrix and name the most confused classes."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.run.history import History
from tui.drawing.mistakes import class_name, counts
from tui.panes.confusion import confusion_text

# Two classes look alike if the reverse mistake is at least this share of the worst one.
MUTUAL = 0.5


def sentences(history: History) -> Iterator[str]:
    yield confusion_text.EXPLAIN_CONFUSION
    if history.confusion is None:
        yield confusion_text.EXPLAIN_NO_CONFUSION
        return
    counted, classes = counts(history.confusion), history.classes
    if not counted.mistakes:
        yield confusion_text.EXPLAIN_NO_MISTAKES
        return
    worst = counted.mistakes[0]
    names = class_name(classes, worst.true), class_name(classes, worst.predicted)
    share = numbers.whole(worst.images / worst.of)
    yield confusion_text.explain_worst(*names, worst.images, worst.of, share)
    reverse = counted.cells.get((worst.predicted, worst.true), 0)
    if reverse >= MUTUAL * worst.images:
        yield confusion_text.explain_mutual(*names)
    else:
        recall, hardest = counted.recalls[0]
        name = class_name(classes, hardest)
        yield confusion_text.explain_hardest(name, numbers.whole(recall))
