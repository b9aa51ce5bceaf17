"""A curve over the steps of a run, at fixed memory."""

from __future__ import annotations

import math
import operator
from array import array
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET, UnsetType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 1024


class Bin(NamedTuple):
    """A part of a curve: the mean, the lowest and the highest of its finite values.

    `step` is its middle. `broken` says that a value in it is not finite. If no value is finite, the
    three numbers are NaN.
    """

    step: float
    mean: float
    low: float
    high: float
    broken: bool


class Curve:
    """A measured quantity over steps, in at most `BINS` bins, each `width` steps wide.

    When a step lies beyond the last bin, neighbouring bins merge and the width doubles. The mean
    gives each value the same weight. A journal may hold millions of steps. For speed, plain
    attributes hold the current bin, and the arrays get it only when another bin becomes current.
    """

    def __init__(self) -> None:
        self.width = 1
        self.last: float | None = None
        self._counts = array("q", bytes(8 * BINS))
        self._broken = array("q", bytes(8 * BINS))
        self._sums = array("d", bytes(8 * BINS))
        self._lows = array("d", [math.inf]) * BINS
        self._highs = array("d", [-math.inf]) * BINS
        self._used = 0
        self._at = 0
        # The bins before the current one; None if they must be built again.
        self._closed: list[Bin] | None = None
        self._count = self._broken_count = 0
        self._sum, self._low, self._high = 0.0, math.inf, -math.inf

    def add(self, step: int, value: float | UnsetType | None) -> None:
        """Add a value measured at this step; None stands for one that is not finite.

        UNSET, which stands for one that was not measured, adds nothing.
        """
        if value is UNSET:
            return
        if step // self.width != self._at:
            self._move_to(step)
        self.last = value
        if value is None:
            self._broken_count += 1
            return
        self._count += 1
        self._sum += value
        if value < self._low:
            self._low = value
        if value > self._high:
            self._high = value

    def add_many(self, steps: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add values (n,) measured at these steps (n,), just as `add` does one by one.

        NaN and infinities stand for those that are not finite. For a few values `add` is faster.
        """
        if not len(steps):
            return
        self._store()
        at = 0
        while at < len(steps):
            beyond = (steps[at:] >= BINS * self.width).argmax() + at
            end = len(steps) if steps[beyond] < BINS * self.width else int(beyond)
            if end > at:
                self._add_within(steps[at:end] // self.width, values[at:end])
                at = end
            else:
                self._halve()
        self._at, self._closed = int(steps[-1]) // self.width, None
        self.last = float(values[-1]) if math.isfinite(values[-1]) else None
        self._load()

    def _add_within(self, bins: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add values to bins, in this order, so that even rounding errors are those of `add`."""
        import numpy as np  # not at the top: it takes 0.1 s, and who shows a run needs none

        self._used = max(self._used, int(bins.max()) + 1)
        finite = np.isfinite(values)
        if not finite.all():
            np.add.at(np.frombuffer(self._broken, np.int64), bins[~finite], 1)
            bins, values = bins[finite], values[finite]
        np.add.at(np.frombuffer(self._counts, np.int64), bins, 1)
        np.add.at(np.frombuffer(self._sums), bins, values)
        np.minimum.at(np.frombuffer(self._lows), bins, values)
        np.maximum.at(np.frombuffer(self._highs), bins, values)

    def __bool__(self) -> bool:
        """Whether any value was added."""
        return self._used > 0 or self._count + self._broken_count > 0

    def bins(self) -> list[Bin]:
        """The bins that hold a value, in order of steps."""
        self._store()
        if self._closed is None:
            self._closed = [self._bin(i) for i in range(self._at) if self._holds(i)]
        later = [self._bin(i) for i in range(self._at, self._used) if self._holds(i)]
        return self._closed + later

    def _holds(self, i: int) -> bool:
        return bool(self._counts[i] or self._broken[i])

    def _move_to(self, step: int) -> None:
        self._store()
        onward = self._at + 1 == self._used <= step // self.width < BINS
        if not onward:
            self._closed = None
        elif self._closed is not None and self._holds(self._at):
            self._closed.append(self._bin(self._at))
        while step // self.width >= BINS:
            self._halve()
        self._at = step // self.width
        self._load()

    def _load(self) -> None:
        """Make the bin at `_at` current."""
        i = self._at
        self._count, self._broken_count, self._sum = self._counts[i], self._broken[i], self._sums[i]
        self._low, self._high = self._lows[i], self._highs[i]

    def _store(self) -> None:
        """Write the current bin to the arrays."""
        i = self._at
        self._used = max(self._used, i + 1)
        self._counts[i], self._broken[i], self._sums[i] = self._count, self._broken_count, self._sum
        self._lows[i], self._highs[i] = self._low, self._high

    def _bin(self, i: int) -> Bin:
        step = i * self.width + (self.width - 1) / 2
        broken = self._broken[i] > 0
        if not self._counts[i]:
            return Bin(step, math.nan, math.nan, math.nan, broken)
        mean = self._sums[i] / self._counts[i]
        return Bin(step, mean, self._lows[i], self._highs[i], broken)

    def _halve(self) -> None:
        """Merge each pair of neighbouring bins."""
        half = BINS // 2
        for counts in (self._counts, self._broken, self._sums):
            counts[:] = array(counts.typecode, map(operator.add, counts[::2], counts[1::2]))
            counts.frombytes(bytes(8 * half))
        self._lows = array("d", map(min, self._lows[::2], self._lows[1::2]))
        self._highs = array("d", map(max, self._highs[::2], self._highs[1::2]))
        self._lows.extend([math.inf] * half)
        self._highs.extend([-math.inf] * half)
        self._used = (self._used + 1) // 2
        self.width *= 2
