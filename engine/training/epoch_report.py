"""The event at the end of an epoch."""

from __future__ import annotations

from msgspec import UNSET

from engine.protocol import events
from engine.protocol.events import measured
from engine.training.metrics import EvaluationResult, Means, balanced


def epoch_ended(
    train: Means,
    result: EvaluationResult,
    *,
    epoch: int,
    step: int,
    lr: float,
    seconds: float,
    evaluation_seconds: float,
    best: bool,
    weighs_classes: bool,
) -> events.EpochEnded:
    """The event of an epoch with these training metrics and this evaluation."""
    return events.EpochEnded(
        epoch=epoch,
        train_loss=measured(train.loss),
        train_top1=measured(train.top1),
        loss=measured(result.loss),
        top1=measured(result.top1),
        top5=UNSET if result.top5 is None else result.top5,
        lr=lr,
        seconds=seconds,
        evaluation_seconds=evaluation_seconds,
        images_per_second=measured(train.images / max(seconds, 1e-9)),
        best=best,
        balanced=balanced(result.counts) if weighs_classes else UNSET,
        step=step,
    )
