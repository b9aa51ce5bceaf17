"""Many reports of a log as columns: reading a long log makes no `Steps` of each row.

They are no event, and no journal holds them. What folds them gets what the rows would give it one
by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import UNSET

from engine.protocol.events import Event, MaybeMeasured, Measured, Steps

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
        return Steps(
            self.epoch,
            _value(self.loss, at),
            _value(self.top1, at),
            _value(self.lr, at),
            _value(self.images_per_second, at),
            scalars={name: _finite(column[at]) for name, column in self.scalars.items()},
            step=int(self.steps[at]),
            time=float(self.times[at]),
            seq=self.seq,
        )

    def reports(self, first: int = 0) -> Iterator[Steps]:
        """The rows as events, from this one on."""
        return map(self.report, range(first, len(self)))

    def seconds_since(self, before: float) -> float:
        """The seconds from a time to that of the last row; a row before the last one adds none."""
        within = float((self.times[1:] - self.times[:-1]).clip(min=0.0).sum())
        return within + max(0.0, float(self.times[0]) - before)


# What a reader of logs tells.
LogEvent: TypeAlias = Event | StepColumns


def _value(column: Column | None, at: int) -> MaybeMeasured:
    return UNSET if column is None else _finite(column[at])


def _finite(value: float) -> Measured:
    return float(value) if math.isfinite(value) else None
