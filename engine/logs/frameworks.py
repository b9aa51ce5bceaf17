"""Which program has written a table, where its columns or the files beside it tell."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

# Columns that only one program writes together.
_COLUMNS = {
    "Ultralytics": {"epoch", "lr/pg0"},
    "timm": {"epoch", "train_loss", "eval_loss", "eval_top1"},
    "Transformers": {"epoch", "step", "grad_norm", "learning_rate"},
    "mmengine": {"epoch", "iter", "data_time"},
}

# Their epochs and steps count from 0, also where a log begins in the middle of a training.
FROM_ZERO = frozenset({"Lightning", "timm"})


def framework(names: Collection[str], path: Path) -> str:
    """The framework; empty if it is not known."""
    if {"epoch", "step"} <= {*names} and path.with_name("hparams.yaml").exists():
        return "Lightning"
    return next((name for name, own in _COLUMNS.items() if own <= {*names}), "")
