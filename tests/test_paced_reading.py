"""A reading that is taken again and again, by a widget that a test drives."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tui.screens import paced_reading
from tui.screens.paced_reading import PacedReading


class Driven:
    """Keeps the workers and timers that would be started."""

    def __init__(self) -> None:
        self.is_attached = True
        self.app = SimpleNamespace(call_from_thread=lambda call, *given: call(*given))
        self.work: list[Callable[[], None]] = []
        self.rests: list[tuple[float, Callable[[], None]]] = []

    def run_worker(self, work: Callable[[], None], **options: object) -> None:
        self.work.append(work)

    def set_timer(self, seconds: float, then: Callable[[], None]) -> Any:
        self.rests.append((seconds, then))
        return SimpleNamespace(stop=lambda: self.rests.clear())


class Reading:
    """A reading whose duration the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget, self.clock, self.took, self.count = Driven(), 0.0, 0.0, 0
        self.wanted = True
        monkeypatch.setattr(paced_reading, "time", SimpleNamespace(monotonic=lambda: self.clock))
        self.paced = PacedReading(cast(Any, self.widget), self._read, 2.0, lambda: self.wanted)

    def _read(self) -> None:
        self.clock += self.took
        self.count += 1

    def work(self) -> None:
        self.widget.work.pop(0)()


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(monkeypatch)


@pytest.mark.parametrize(("took", "rest"), [(0.01, 2.0), (0.5, 10.0)])
def test_a_long_reading_is_followed_by_a_long_rest(
    reading: Reading, took: float, rest: float
) -> None:
    reading.took = took
    reading.paced.now()
    reading.work()
    assert [seconds for seconds, _ in reading.widget.rests] == [pytest.approx(rest)]
    reading.widget.rests[0][1]()
    reading.work()
    assert reading.count == 2


def test_one_reading_at_a_time_and_one_rest(reading: Reading) -> None:
    reading.paced.now()
    reading.paced.now()
    assert len(reading.widget.work) == 1
    reading.work()
    reading.paced.now()
    assert reading.widget.rests == [], "the rest is over"
    reading.work()
    assert len(reading.widget.rests) == 1


def test_a_change_during_a_reading_is_read_after_it(reading: Reading) -> None:
    reading.paced.now()
    reading.paced.anew()
    reading.work()
    assert len(reading.widget.work) == 1
    reading.work()
    assert (reading.count, len(reading.widget.rests)) == (2, 1)


def test_what_nobody_sees_is_not_read(reading: Reading) -> None:
    reading.wanted = False
    reading.paced.now()
    assert (reading.widget.work, len(reading.widget.rests)) == ([], 1)
