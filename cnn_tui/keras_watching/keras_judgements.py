"""What a Keras model says of its validation images: classes, confusion, examples of mistakes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_tui.keras_watching.validation_arrays import ValidationArrays
from cnn_tui.measured import measured
from cnn_tui.shown_limits import (
    ANY_MISTAKE,
    CELL_IMAGES,
    DENSE_CLASSES,
    TOP_CLASSES,
    WORST_CELLS,
)

BATCH = 64


class Judged(NamedTuple):
    """The predicted and true classes (N,) of all validation images after an epoch."""

    epoch: int
    predicted: NDArray[np.int64]
    true: NDArray[np.int64]
    classes: int

    def images(self, true: int, predicted: int) -> list[int]:
        """The indices of the images of a cell, or of all mistakes of the true class."""
        of_class = self.true == true
        mistaken = predicted == ANY_MISTAKE
        found = self.predicted != true if mistaken else self.predicted == predicted
        return [int(index) for index in (of_class & found).nonzero()[0]]


def judge(model: Any, data: ValidationArrays, epoch: int) -> Judged | None:
    """Have the model predict all images, as `predict` does; None if it predicts no classes."""
    labels = data.labels()
    if labels is None:
        return None
    output = model.predict(data.images, batch_size=BATCH, verbose=0)
    if not isinstance(output, np.ndarray) or output.ndim != 2 or output.shape[1] < 2:
        return None
    if not 0 <= labels.min() <= labels.max() < output.shape[1]:
        return None
    return Judged(epoch, output.argmax(1), labels, output.shape[1])


def confusion(judged: Judged) -> dict[str, Any]:
    """The event of the confusion matrix, without its step."""
    cells, counts = np.unique(judged.true * judged.classes + judged.predicted, return_counts=True)
    true, predicted = np.divmod(cells, judged.classes)
    event = {"type": "Confusion", "epoch": judged.epoch}
    if judged.classes > DENSE_CLASSES:
        sparse = np.stack([true, predicted, counts], 1).tolist()
        return {**event, "sparse": sparse, "worst": _worst(judged, true, predicted, counts)}
    matrix = np.zeros((judged.classes, judged.classes), np.int64)
    matrix[true, predicted] = counts
    return {**event, "counts": matrix.tolist(), "worst": _worst(judged, true, predicted, counts)}


def _worst(judged: Judged, true: Any, predicted: Any, counts: Any) -> list[Any]:
    """The largest errors, worst first, each with the indices of its first images."""
    wrong = true != predicted
    order = np.argsort(-counts[wrong], kind="stable")[:WORST_CELLS]
    pairs = zip(true[wrong][order].tolist(), predicted[wrong][order].tolist())
    return [(one, other, judged.images(one, other)[:CELL_IMAGES]) for one, other in pairs]


def top_classes(output: NDArray[np.float32]) -> list[tuple[int, float | None]]:
    """The three likeliest classes of an output (classes,), each with its probability.

    The output may be probabilities already: what is not negative and sums up to 1 is taken as such.
    """
    if output.ndim != 1 or len(output) < 2:
        return []
    probabilities = output
    if output.min() < 0 or abs(float(output.sum()) - 1) > 1e-3:
        exponents = np.exp(output - output.max())
        probabilities = exponents / exponents.sum()
    likeliest = np.argsort(-probabilities, kind="stable")[:TOP_CLASSES]
    return [(int(index), measured(float(probabilities[index]))) for index in likeliest]
