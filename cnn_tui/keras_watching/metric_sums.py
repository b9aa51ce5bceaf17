"""The means of a Keras training over the steps since the last report.

What Keras logs after a batch are means over the epoch so far. Its metrics keep these as two sums,
so the mean over any steps is the difference of two readings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras

LOSS = "loss"


class Means(NamedTuple):
    """The mean of each metric over some steps, by its name, and the images of these steps."""

    values: dict[str, float]
    images: float


class _Sums(NamedTuple):
    total: float
    count: float


class MetricSums:
    """Reads the sums of a model's metrics. `restart` where Keras sets them to zero."""

    def __init__(self) -> None:
        self._last: dict[str, _Sums] = {}

    def restart(self) -> None:
        self._last = {}

    def means(self, model: Any) -> Means:
        """The means since the last call. Waits for the device."""
        now = {metric.name: _sums(metric) for metric in _means(model.metrics)}
        values, images = {}, 0.0
        for name, sums in now.items():
            before = self._last.get(name, _Sums(0.0, 0.0))
            count = sums.count - before.count
            if count > 0:
                values[name] = (sums.total - before.total) / count
            if name == LOSS:
                images = count
        self._last = now
        return Means(values, images)


def _means(metrics: Any) -> Iterator[Any]:
    """The metrics that are means over samples. Others, such as an AUC, have no mean of a step."""
    for metric in metrics:
        if isinstance(metric, keras.metrics.Mean):
            yield metric
        yield from _means(getattr(metric, "metrics", ()))


def _sums(metric: Any) -> _Sums:
    to_numpy = keras.ops.convert_to_numpy
    return _Sums(float(to_numpy(metric.total)), float(to_numpy(metric.count)))
