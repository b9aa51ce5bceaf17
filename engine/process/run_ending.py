"""How an attempt ended, as its last event says it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import UNSET

from engine.process import process_text
from engine.protocol import events

if TYPE_CHECKING:  # this loads torch
    from engine.training.trainer import Trainer

EndReason: TypeAlias = Literal["done", "stopped", "failed"]


def run_ended(
    trainer: Trainer | None, reason: EndReason, error: str, seconds: float
) -> events.RunEnded:
    """The event; `trainer` is None where none was set up."""
    if trainer is None:
        return events.RunEnded(reason=reason, seconds=seconds, error=error)
    best, tested = trainer.progress.best, trainer.tested
    return events.RunEnded(
        reason=reason,
        best_epoch=best.epoch or UNSET,
        best_top1=best.top1 if best.epoch else UNSET,
        test_loss=events.measured(tested.loss) if tested else UNSET,
        test_top1=events.measured(tested.top1) if tested else UNSET,
        seconds=seconds,
        error=error,
        step=trainer.step,
    )


def is_out_of_memory(error: Exception) -> bool:
    """Whether a device ran out of memory."""
    # Not imported: the error may be that torch is broken.
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


def crashed(error: Exception) -> str:
    return process_text.crashed(f"{type(error).__name__}: {error}".partition("\n")[0])
