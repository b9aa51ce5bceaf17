"""The confusion matrix of an evaluation as an event."""

from __future__ import annotations

from cnn_tui.confusion_counts import confusion_counts
from engine.protocol import events
from engine.training.metrics import EvaluationResult


def confusion(result: EvaluationResult, epoch: int, step: int) -> events.Confusion:
    """The confusion matrix of this evaluation, after this epoch and step."""
    found = confusion_counts(result.cells, result.classes)
    worst = tuple(events.Cell(*cell) for cell in found.worst)
    return events.Confusion(epoch, found.dense, found.sparse, worst, step=step)
