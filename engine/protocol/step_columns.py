"""Many reports of a log as columns: reading a long log makes no `Steps` of each row.

They are no event, and no journal holds them. What folds them gets what the rows would give it one
by one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import UNSET

from engine.protocol.events import Event, MaybeMeasured, Steps

if TYPE_CHECKING:  # numpy takes 0.1 s to import, and who shows a run needs none
    import numpy as np
    from numpy.typing import NDArray

    Column: TypeAlias = NDArray[np.float64]


class StepColumns(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Reports of n rows within one epoch, in the order of the log; n is at least 1.

    `steps` (n,) count finished steps, and `times` (n,) are in unix seconds. The other columns (n,)
    are as the fields of `Steps`; None stands for one that was not measured in these rows. A value
    that is not finite is NaN or infinite.
    """

    epoch: int
    steps: NDArray[np.int64]
    times: Column
    loss: Column | None = None
    top1: Column | None = None
    lr: Column | None = None
    images_per_second: Column | None = None
    scalars: dict[str, Column] = {}
    seq: int = 0

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def step(self) -> int:
        """The step of the last row."""
        return int(self.steps[-1])

    @property
    def time(self) -> float:
        """The time of the last row."""
        return float(self.times[-1])

    def report(self, at: int) -> Steps:
        """A row as an event."""
        return next(self.reports(at, at + 1))

    def reports(self, first: int = 0, end: int | None = None) -> Iterator[Steps]:
        """The rows as events, from this one on."""
        rows = slice(first, end)
        told = (self.loss, self.top1, self.lr, self.images_per_second)
        places = zip(self.steps[rows].tolist(), self.times[rows].tolist(), strict=True)
        numbers = zip(*(_values(column, rows) for column in told), strict=False)
        scalars = zip(*(_values(column, rows) for column in self.scalars.values()), strict=True)
        for (step, time), (loss, top1, lr, speed) in zip(places, numbers, strict=False):
            named = dict(zip(self.scalars, next(scalars, ()), strict=True))
            yield Steps(
                self.epoch,
                loss,
                top1,
                lr,
                speed,
                scalars=named,
                step=step,
                time=time,
                seq=self.seq,
            )

    def seconds_since(self, before: float) -> float:
        """The seconds from a time to that of the last row; a row before the last one adds none."""
        within = float((self.times[1:] - self.times[:-1]).clip(min=0.0).sum())
        return within + max(0.0, float(self.times[0]) - before)


# What a reader of logs tells.
LogEvent: TypeAlias = Event | StepColumns


def _values(column: Column | None, rows: slice) -> Iterable[MaybeMeasured]:
    """The numbers of these rows; without end if none was measured."""
    if column is None:
        return itertools.repeat(UNSET)
    return (value if math.isfinite(value) else None for value in column[rows].tolist())
