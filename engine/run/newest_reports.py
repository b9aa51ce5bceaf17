"""The newest reports of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import overload

from engine.protocol.events import Steps
from engine.protocol.step_columns import StepColumns


class NewestReports(Sequence[Steps]):
    """The newest `most` reports, the last one at the end.

    Of reports that come as columns, most are never looked at: an event is made of them only once
    somebody looks.
    """

    def __init__(self, most: int) -> None:
        self._made: deque[Steps] = deque(maxlen=most)
        # What came since somebody looked, beginning with columns, and how many reports that are.
        self._waiting: deque[StepColumns | Steps] = deque()
        self._most, self._waiting_count = most, 0

    def append(self, report: Steps) -> None:
        if self._waiting:
            self._wait(report)
        else:
            self._made.append(report)

    def add_many(self, columns: StepColumns) -> None:
        self._wait(columns)

    def _wait(self, told: StepColumns | Steps) -> None:
        self._waiting.append(told)
        self._waiting_count += _count(told)
        while self._waiting_count - _count(self._waiting[0]) >= self._most:
            self._waiting_count -= _count(self._waiting.popleft())

    @property
    def last(self) -> Steps | None:
        """The newest one; None without any."""
        if self._waiting:
            newest = self._waiting[-1]
            return newest.report(len(newest) - 1) if isinstance(newest, StepColumns) else newest
        return self._made[-1] if self._made else None

    def _all(self) -> deque[Steps]:
        for told in self._waiting:
            if isinstance(told, StepColumns):
                self._made.extend(told.reports(max(0, len(told) - self._most)))
            else:
                self._made.append(told)
        self._waiting.clear()
        self._waiting_count = 0
        return self._made

    def __len__(self) -> int:
        return min(self._most, len(self._made) + self._waiting_count)

    def __iter__(self) -> Iterator[Steps]:
        return iter(self._all())

    def __reversed__(self) -> Iterator[Steps]:
        return reversed(self._all())

    @overload
    def __getitem__(self, at: int) -> Steps: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Steps]: ...
    def __getitem__(self, at: int | slice) -> Steps | Sequence[Steps]:
        return [*self._all()][at] if isinstance(at, slice) else self._all()[at]


def _count(told: StepColumns | Steps) -> int:
    return len(told) if isinstance(told, StepColumns) else 1
