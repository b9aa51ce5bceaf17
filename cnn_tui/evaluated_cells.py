"""The cell of the confusion matrix in which each validation image was counted."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

# The cell of an image that does not count.
LEFT_OUT = -1


def cells_of(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """The cell of each image, (N,), from its classes (N,); `LEFT_OUT` where the label is none."""
    counts = (labels >= 0) & (labels < classes)
    return (labels * classes + predicted).masked_fill(~counts, LEFT_OUT)


def accuracy(cells: Tensor, classes: int) -> float | None:
    """The share of right ones among the images that count; None without any.

    Waits for the device.
    """
    counted = cells[cells >= 0]
    if not len(counted):
        return None
    return int((counted // classes == counted % classes).sum()) / len(counted)


class EvaluatedCells(NamedTuple):
    """The cells (N,) of all validation images after an epoch, each `true * classes + predicted`.

    An image that could not be read has a negative one.
    """

    epoch: int
    classes: int
    cells: Tensor

    def images(self, true: int, predicted: int | None) -> list[int]:
        """The indices of the images of this cell; with None, of all mistakes of the true class."""
        if predicted is not None:
            found = self.cells == true * self.classes + predicted
        else:
            of_class = self.cells // self.classes == true
            found = of_class & (self.cells % self.classes != true)
        return [int(index) for index in found.nonzero().flatten()]
