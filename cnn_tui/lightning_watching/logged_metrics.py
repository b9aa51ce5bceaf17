"""The metrics that a Lightning module logs, in the fields of the journal.

Lightning keeps all metrics of a training in one dictionary, `trainer.callback_metrics`, and an old
value stays there until it is logged again. New is what is another tensor than before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# What people and torchmetrics call the same thing, after "val_" or the like.
_LOSSES = ("loss", "crossentropy", "cross_entropy")
_ACCURACIES = ("acc", "accuracy", "acc1", "top1", "acc_top1", "multiclassaccuracy")
_TOP5 = ("acc5", "top5", "acc_top5", "top5_acc", "accuracy_top5")
_VALIDATION = re.compile(r"^(validation|valid|val)[_/.]?(?=[a-z0-9])", re.IGNORECASE)
_TRAINING = re.compile(r"^(training|train)[_/.]?(?=[a-z0-9])", re.IGNORECASE)
# Lightning appends these to a metric that is logged both on steps and for the epoch.
_OF_STEP, _OF_EPOCH = "_step", "_epoch"


class NewMetrics:
    """The metrics that have been logged since the last look."""

    def __init__(self) -> None:
        self._seen: dict[str, Any] = {}

    def look(self, trainer: Any) -> dict[str, Any]:
        """The new values by name, as tensors that nobody has waited for."""
        now = dict(trainer.callback_metrics)
        new = {name: value for name, value in now.items() if self._seen.get(name) is not value}
        self._seen = now
        return new


def of_steps(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Those that a step logged, without the loss, which every step tells."""
    return {
        _stripped(name, _OF_STEP): value
        for name, value in metrics.items()
        if name + _OF_STEP not in metrics
        and not name.endswith(_OF_EPOCH)
        and not _is(name, _TRAINING, _LOSSES)
    }


def validation_results(metrics: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    """`val_loss`, `val_top1` and `val_top5` where they are known by their names, and the rest."""
    results, scalars = {}, {}
    kinds = {"val_loss": _LOSSES, "val_top1": _ACCURACIES, "val_top5": _TOP5}
    for name, value in metrics.items():
        kind = next((kind for kind, names in kinds.items() if _is(name, _VALIDATION, names)), "")
        if kind and kind not in results:
            results[kind] = float(value)
        else:
            scalars[name] = float(value)
    return results, scalars


def training_results(metrics: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    """`train_top1` where it is known by its name, and the rest, for the whole epoch."""
    results, scalars = {}, {}
    for name, value in metrics.items():
        if name.endswith(_OF_STEP) or name + _OF_EPOCH in metrics:
            continue
        if _is(name, _TRAINING, _ACCURACIES):
            results["train_top1"] = float(value)
        elif not _is(name, _TRAINING, _LOSSES):
            scalars[_stripped(name, _OF_EPOCH)] = float(value)
    return results, scalars


def _is(name: str, prefix: re.Pattern[str], names: tuple[str, ...]) -> bool:
    match = prefix.match(name)
    if match is None:
        return False
    rest = _stripped(_stripped(name[match.end() :], _OF_EPOCH), _OF_STEP)
    return rest.lower() in names


def _stripped(name: str, suffix: str) -> str:
    return name[: -len(suffix)] if name.endswith(suffix) else name
