"""The results of a training in one row of a table."""

from __future__ import annotations

import msgspec

from engine.comparison.compared_training import ComparedTraining
from engine.protocol.events import known


class TrainingResult(msgspec.Struct, frozen=True):
    """What a training has reached; None where it is unknown. A run without an epoch has no results.

    Accuracies are fractions, and those of the best epoch. `epoch` counts the epochs that have
    ended. `elapsed` is in seconds, without pauses. `ended` is the reason of its end, if it has one.
    """

    label: str
    epoch: int
    epochs: int | None
    ended: str
    best_epoch: int | None
    top1: float | None
    loss: float | None
    top5: float | None
    balanced: float | None
    test_top1: float | None
    elapsed: float
    images_per_second: float | None
    parameters: int | None
    macs: int | None
    device: str


def training_result(training: ComparedTraining) -> TrainingResult:
    """The results up to the newest event."""
    history = training.history
    best, run = history.best, history.run
    return TrainingResult(
        training.label,
        history.epochs[-1].epoch if history.epochs else 0,
        history.epochs_planned,
        history.ended.reason if history.ended is not None else "",
        best.epoch if best is not None else None,
        known(best.top1) if best is not None else None,
        known(best.loss) if best is not None else None,
        known(best.top5) if best is not None else None,
        known(best.balanced) if best is not None else None,
        history.test_top1,
        history.elapsed(history.last_time),
        history.pace,
        (run.parameters or None) if run is not None else None,
        (run.macs or None) if run is not None else None,
        run.device if run is not None else "",
    )
