"""How many steps an epoch has, told from rows that have both numbers."""

from __future__ import annotations

import math


class EpochLength:
    """Narrows the length down: step s of epoch e says that (e - 1) × length < s ≤ e × length.

    `steps` is the length as it was last told, None before the second epoch has begun. It changes
    only where a row contradicts it. Where the epochs of a log differ in length, the first one that
    was told stays.
    """

    def __init__(self) -> None:
        self.steps: int | None = None
        self._least, self._most = 1.0, math.inf
        # The longest length at which a row ended an epoch.
        self._ended = 0.0

    def add(self, epoch: int, step: int, ends: bool) -> None:
        """Add a row; `ends` says that it may be the last one of its epoch."""
        least = max(self._least, step / epoch)
        most = min(self._most, (step - 1) // (epoch - 1)) if epoch > 1 else self._most
        if math.ceil(least) > most:
            return
        self._least, self._most = least, most
        if ends:
            self._ended = max(self._ended, step / epoch)
        if most == math.inf or (self.steps is not None and least <= self.steps <= most):
            return
        self.steps = self._likely(math.ceil(least), int(most))

    def _likely(self, least: int, most: int) -> int:
        return least if self._ended == least else (least + most) // 2
