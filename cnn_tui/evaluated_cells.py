"""The cell of the confusion matrix in which each validation image was counted."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


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
