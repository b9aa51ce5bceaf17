"""The points of one measured quantity over a run of any length, at bounded memory."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[np.float64]

# A week of a run has fewer reports; a foreign log may have millions of rows.
MOST = 1 << 16


class Points:
    """Values at steps, with the seconds that the run had taken by then.

    Each point stands for `together` values, of which it is the mean: one, until there would be more
    than `most` points. The newest values that make no whole point yet stay as they are.
    """

    def __init__(self, most: int = MOST) -> None:
        self.together = 1
        self._most = most
        # Rows of step, elapsed seconds and value: (3, n) each.
        self._whole, self._rest = np.empty((3, 0)), np.empty((3, 0))
        self._new: list[Column] = []
        self._count = self._waiting = 0
        self._all: Column | None = None

    def __len__(self) -> int:
        """How many values were added."""
        return self._count

    def add(self, steps: Column, elapsed: Column, values: Column) -> None:
        """Add values (n,) at these steps (n,) and times (n,); NaN is one that was not finite."""
        self._new.append(np.stack((steps, elapsed, values)))
        self._count += len(steps)
        self._waiting += len(steps)
        self._all = None
        if self._waiting > self._most:
            self._gather()

    @property
    def columns(self) -> tuple[Column, Column, Column]:
        """Steps, elapsed seconds and values, in the order of the steps."""
        if self._all is None:
            self._gather()
            found = np.concatenate((self._whole, self._rest), axis=1)
            if (found[0, 1:] < found[0, :-1]).any():  # a log may tell earlier steps late
                found = found[:, found[0].argsort(kind="stable")]
            self._all = found
        steps, elapsed, values = self._all
        return steps, elapsed, values

    def _gather(self) -> None:
        self._rest = np.concatenate((self._rest, *self._new), axis=1)
        self._new.clear()
        self._waiting = 0
        while self._whole.shape[1] + self._rest.shape[1] // self.together > self._most:
            self._whole = _means(self._whole, 2)
            self.together *= 2
        if self.together > 1:
            whole = self._rest.shape[1] // self.together * self.together
            means = _means(self._rest[:, :whole], self.together)
            self._whole = np.concatenate((self._whole, means), axis=1)
            self._rest = self._rest[:, whole:]


def _means(rows: Column, together: int) -> Column:
    """The means (3, n / together) of neighbouring points (3, n); finite values alone count.

    The last of an odd number stays alone.
    """
    whole = rows.shape[1] // together * together
    parts = rows[:, :whole].reshape(3, -1, together)
    means = parts.mean(axis=2)
    broken = np.isnan(means[2])
    if broken.any():
        finite = np.isfinite(parts[2, broken])
        counts = finite.sum(axis=1)
        sums = np.where(finite, parts[2, broken], 0.0).sum(axis=1)
        means[2, broken] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return np.concatenate((means, rows[:, whole:]), axis=1)
