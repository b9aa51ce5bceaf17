"""When a training is looked into: at most one look of a kind is on its way."""

from __future__ import annotations

from typing import Any

import pytest

from engine.protocol import events
from engine.protocol.events import Event
from engine.training.inspection_schedule import InspectionSchedule
from engine.training.pace import INTERVAL_SECONDS, Pace
from tests.scripted import Clock


class Slow:
    """A look whose numbers arrive when they are let."""

    def __init__(self, told: Event) -> None:
        self.arrived, self._told = False, told

    def ready(self) -> bool:
        return self.arrived

    def events(self) -> list[Event]:
        return [self._told]

    def event(self, step: int) -> Event:
        return events.LayerHealth((), step=step)

    def ending(self) -> None:
        return None

    def scalars(self) -> dict[str, float | None]:
        return {"gradient_norm": 0.5}


MAPS = events.Phase("training", note="maps")


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


def schedule(clock: Clock, *probes: Any) -> InspectionSchedule:
    left = iter(probes)
    return InspectionSchedule(Pace(clock), lambda: next(left))


def test_layers_are_examined_in_the_first_step_and_then_now_and_again(clock: Clock) -> None:
    inside = schedule(clock)
    assert [inside.health_is_due(step) for step in (0, 1, 2)] == [True, False, False]
    clock.now += INTERVAL_SECONDS["health"]
    assert [inside.health_is_due(step) for step in (3, 4)] == [True, False]


def test_layers_are_not_examined_while_the_last_look_is_on_its_way(clock: Clock) -> None:
    inside = schedule(clock)
    reading: Any = Slow(MAPS)
    inside.await_health(reading, 1)
    clock.now += INTERVAL_SECONDS["health"]
    assert not inside.health_is_due(5)
    assert inside.arrived() == []
    reading.arrived = True
    assert inside.arrived() == [events.LayerHealth((), step=1)]
    assert inside.health_is_due(6)


def test_the_scalars_of_an_examination_are_taken_once(clock: Clock) -> None:
    inside = schedule(clock)
    reading: Any = Slow(MAPS)
    inside.await_health(reading, 1)
    assert inside.take_scalars() == {}
    reading.arrived = True
    inside.arrived()
    assert inside.take_scalars() == {"gradient_norm": 0.5}
    assert inside.take_scalars() == {}


def test_maps_are_sent_for_when_it_is_time_and_told_when_they_are_there(clock: Clock) -> None:
    first, second = Slow(MAPS), Slow(MAPS)
    inside = schedule(clock, first, second)
    assert inside.arrived() == []
    clock.now += INTERVAL_SECONDS["maps"]
    assert inside.arrived() == []
    clock.now += INTERVAL_SECONDS["maps"]
    assert inside.arrived() == [], "one is on its way"
    first.arrived = True
    assert inside.arrived() == [MAPS]


def test_maps_at_once_take_the_place_of_those_on_their_way(clock: Clock) -> None:
    first, second = Slow(MAPS), Slow(MAPS)
    inside = schedule(clock, first, second)
    clock.now += INTERVAL_SECONDS["maps"]
    assert inside.arrived() == []
    assert inside.maps() == [MAPS]
    first.arrived = True
    assert inside.arrived() == []
