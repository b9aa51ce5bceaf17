"""The numbers of Keras' logs in the fields of the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from cnn_tui.measured import measured

LOSS = "loss"
VALIDATION = "val_"
ACCURACIES = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy")
# Added by other callbacks: the rate that they have just set, which need not have been used.
RATES = ("lr", "learning_rate")


def step_numbers(means: Mapping[str, float]) -> dict[str, Any]:
    """Loss, accuracy and all other metrics of some steps, as fields of `Steps`."""
    fields: dict[str, Any] = {}
    scalars = {}
    for name, value in means.items():
        if name == LOSS:
            fields["loss"] = measured(value)
        elif name in ACCURACIES:
            fields["top1"] = measured(value)
        else:
            scalars[name] = measured(value)
    return {**fields, **({"scalars": scalars} if scalars else {})}


def epoch_numbers(logs: Mapping[str, Any], top5: str) -> dict[str, Any]:
    """Keras' logs of an epoch as fields of `EpochEnded`; `top5` is the name of that metric."""
    fields: dict[str, Any] = {}
    scalars = {}
    for name, value in logs.items():
        field = _field(name, top5)
        if field:
            fields[field] = measured(float(value))
        elif name not in RATES:
            scalars[name] = measured(float(value))
    return {**fields, **({"scalars": scalars} if scalars else {})}


def _field(name: str, top5: str) -> str:
    validates = name.startswith(VALIDATION)
    metric = name[len(VALIDATION) :] if validates else name
    if metric == LOSS:
        return "loss" if validates else "train_loss"
    if metric in ACCURACIES:
        return "top1" if validates else "train_top1"
    return "top5" if validates and metric == top5 else ""


def top5_metric(metrics: Any) -> str:
    """The name of the metric that counts the first five classes; empty if there is none."""
    return next(_top5_names(metrics), "")


def _top5_names(metrics: Any) -> Iterator[str]:
    kinds = (keras.metrics.TopKCategoricalAccuracy, keras.metrics.SparseTopKCategoricalAccuracy)
    for metric in metrics:
        if isinstance(metric, kinds) and metric.get_config().get("k") == 5:
            yield metric.name
        yield from _top5_names(getattr(metric, "metrics", ()))
