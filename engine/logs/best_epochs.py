"""Which epoch of a log is the best so far."""

from __future__ import annotations

import math


class BestEpochs:
    """By validation accuracy; in a log without one, by validation loss. Among equals the first."""

    def __init__(self) -> None:
        self._top1 = -math.inf
        self._loss = math.inf

    def is_best(self, top1: float | None, loss: float | None, *, was_best: bool) -> bool:
        """Whether an epoch is the best so far. A number is None if it is NaN or not measured.

        `was_best` says that it was, by the numbers that were known of it before.
        """
        if top1 is not None:
            is_best, self._top1 = top1 > self._top1, max(self._top1, top1)
        elif loss is not None and self._top1 == -math.inf:
            is_best, self._loss = loss < self._loss, min(self._loss, loss)
        else:
            is_best = was_best
        return is_best
