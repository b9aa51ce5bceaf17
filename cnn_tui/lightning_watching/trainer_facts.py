"""What a Lightning trainer knows of its training before the first step."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import torch

PACKAGES = ("lightning.pytorch", "pytorch_lightning")


def framework(trainer: Any) -> str:
    """`Lightning 2.6.6 on PyTorch 2.14.1`, of the package that the trainer is from."""
    package = type(trainer).__module__.partition(".trainer")[0]
    version = getattr(sys.modules.get(package.partition(".")[0]), "__version__", "")
    return f"Lightning {version} on PyTorch {torch.__version__}"


def steps_per_epoch(trainer: Any, module: Any) -> int | None:
    """The optimizer steps of an epoch; None for an endless loader, or where the module steps."""
    batches = trainer.num_training_batches
    if not module.automatic_optimization or not math.isfinite(batches):
        return None
    return int(-(-batches // trainer.accumulate_grad_batches))


def epochs(trainer: Any, steps: int | None) -> int | None:
    """The planned epochs, from `max_epochs` and `max_steps`; None without an end."""
    by_epochs: int | None = trainer.max_epochs if (trainer.max_epochs or -1) > 0 else None
    if steps and trainer.max_steps > 0:
        by_steps = int(-(-trainer.max_steps // steps))
        return min(by_epochs or by_steps, by_steps)
    return by_epochs


def settings(trainer: Any, module: Any) -> dict[str, Any]:
    """The hyper-parameters that the module has saved, and what the trainer makes of a step."""
    found = dict(module.hparams) if isinstance(module.hparams, Mapping) else {}
    found["precision"] = trainer.precision
    if trainer.accumulate_grad_batches != 1:
        found["accumulate_grad_batches"] = trainer.accumulate_grad_batches
    if trainer.gradient_clip_val:
        found["gradient_clip_val"] = trainer.gradient_clip_val
    return found


def validation_loader(trainer: Any) -> Any:
    """The loader of the validation, or the first of several; None without one."""
    loaders = trainer.val_dataloaders
    if isinstance(loaders, Mapping):
        loaders = list(loaders.values())
    if isinstance(loaders, (list, tuple)):
        return loaders[0] if loaders else None
    return loaders
