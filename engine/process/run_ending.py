"""The last event of an attempt, and why it ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import UNSET

from engine.errors import EngineError, UndecidedError
from engine.protocol import events
from engine.recipes.recipe import CHANGEABLE

if TYPE_CHECKING:  # this loads torch
    from engine.training.trainer import Trainer

EndReason: TypeAlias = Literal["done", "stopped", "failed"]


def resume_setting(error: EngineError) -> str:
    """The one setting that an error proposes, if a resume can change it; else nothing."""
    proposed = error.settings if isinstance(error, UndecidedError) else ()
    return proposed[0] if len(proposed) == 1 and proposed[0].split("=")[0] in CHANGEABLE else ""


def run_ended(
    trainer: Trainer | None, reason: EndReason, error: str, setting: str, seconds: float
) -> events.RunEnded:
    """The last event; `trainer` is None where the attempt ended before it was set up."""
    if trainer is None:
        return events.RunEnded(reason=reason, seconds=seconds, error=error, setting=setting)
    best, tested = trainer.progress.best, trainer.tested
    return events.RunEnded(
        reason=reason,
        best_epoch=best.epoch or UNSET,
        best_top1=best.top1 if best.epoch else UNSET,
        test_loss=events.measured(tested.loss) if tested else UNSET,
        test_top1=events.measured(tested.top1) if tested else UNSET,
        seconds=seconds,
        error=error,
        setting=setting,
        step=trainer.step,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device ran out of memory."""
    # Do not import torch here: the error may be that torch is broken.
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)
