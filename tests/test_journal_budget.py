"""What a day of training adds to the journal, and what is written last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_budget import (
    HEARTBEAT_SECONDS,
    PHASE_SECONDS,
    PICTURE_SECONDS,
    JournalBudget,
)
from engine.training.pace import Pace
from tests import scripted
from tests.scripted import Clock

DAY = 86_400.0
DAILY_BYTES = 20_000_000
LONGEST_EPOCH_LINE = 350
# The number and the time that a journal adds to an event.
NUMBER, TIME = 1_234_567, 1_796_006_217.635
SIDE = "A" * 344


class Net(NamedTuple):
    """A run as the journal sees it: its layers, classes, GPUs, and the seconds of its epochs."""

    layers: tuple[str, ...]
    classes: int
    gpus: int
    epoch_seconds: float


LENET5 = Net(("conv1", "conv2", "fc1", "fc2", "fc3"), 10, 0, 2.5)
BLOCKS = [f"stage{stage}.{block}." for stage in (1, 2, 3) for block in range(18)]
PARTS = ("conv1", "bn1", "conv2", "bn2")
RESNET110 = Net(tuple(block + part for block in BLOCKS for part in PARTS), 100, 8, 30.0)


def hardware(net: Net) -> events.Hardware:
    gpu = events.Gpu(3, "NVIDIA H100 80GB HBM3", True, 0.97, 61_203_283_968, 85_520_809_984, 61.0)
    gpus = tuple(replace(gpu, index=i, power=512.3, cuda=i) for i in range(net.gpus))
    return events.Hardware(64, 0.4317, 0.2158, 9 << 33, 1 << 38, 5 << 30, 9 << 38, gpus)


def health(net: Net) -> events.LayerHealth:
    row = (0.2361, 0.002392, -0.003086, 1.762, 0.03125)
    return events.LayerHealth(tuple(events.Health(layer, *row) for layer in net.layers))


def maps(layer: str) -> events.FeatureMaps:
    picture = events.Picture(3, 32, 32, "A" * 4096)
    grids = tuple(events.FeatureMap(i, 16, 16, -1.234567, 2.345678, SIDE) for i in range(16))
    top = ((3, 0.9123456), (5, 0.0512345), (1, 0.0212345))
    return events.FeatureMaps(layer, (64, 32, 32), 0, picture, 3, top, grids)


def confusion(net: Net) -> events.Confusion:
    counts = ((17,) * net.classes,) * net.classes
    worst = tuple(events.Cell(i % 10, 9, tuple(range(1000, 1016))) for i in range(64))
    return events.Confusion(1, counts, worst=worst)


ENDED = events.EpochEnded(
    1_000_000, 1.234567e-05, 0.9912345, 1.234567e-05, 0.9912345, 0.00036057770435709313,
    12_345.678, 1_234.567, 123_456.7, best=False, top5=0.9912345, balanced=0.9912345,
)  # fmt: skip


class Day:
    """A day of one run, on a clock set by hand; `written` counts bytes by kind of event."""

    def __init__(self, net: Net, best_every: int) -> None:
        """Every `best_every`-th epoch is better than all before it."""
        self._net, self._best_every = net, best_every
        self._clock = Clock(0.0)
        self._budget, self._pace = JournalBudget(self._clock), Pace(self._clock)
        self.written: Counter[str] = Counter()
        self.longest_silence = 0.0
        self._written_at = 0.0
        self._steps = events.Steps(
            12_345, 0.1277282, 0.9632056, 0.0003605777043570931, 4_250.036, 0.1705726
        )
        self._hardware, self._health = hardware(net), health(net)
        self._maps = [maps(layer) for layer in ("conv1", "conv2", "conv3")]
        self._confusion = confusion(net)
        self._phases = [events.Phase(name) for name in ("training", "evaluating")]
        saved = events.Checkpointed("last.pt", 12_345, 1 << 24, 0.0131987, "epoch", 0.99, 0.0003)
        self._saved = [saved, replace(saved, file="best.pt", reason="best")]

    def run(self) -> None:
        epochs = 0
        while self._clock.now < DAY:
            # In the first hour the steps report every half second, later every five seconds.
            self._clock.now += 0.5 if self._clock.now < 3600 else 2.5
            for event in self._training():
                self._append(self._budget.admitted(event))
            if self._clock.now >= (epochs + 1) * self._net.epoch_seconds:
                epochs += 1
                for event in self._end_of_epoch(epochs % self._best_every == 0):
                    self._append(self._budget.admitted(event))
            if self._clock.now % 2.5 == 0:
                self._append(self._budget.admitted(self._hardware))
                self._append(self._budget.overdue())

    def _training(self) -> Iterator[Event]:
        if self._pace.is_due("steps"):
            yield self._steps
        if self._pace.is_due("health"):
            yield self._health
        if self._pace.is_due("maps"):
            yield from self._maps_now()

    def _maps_now(self) -> Iterator[Event]:
        for event in self._maps:
            yield replace(event, step=int(2 * self._clock.now))

    def _end_of_epoch(self, best: bool) -> Iterator[Event]:
        yield self._phases[1]
        yield self._confusion
        yield from self._maps_now()
        yield replace(ENDED, best=best)
        yield from self._saved[: 1 + best]
        yield self._phases[0]

    def _append(self, due: list[Event]) -> None:
        for event in due:
            stamped = replace(event, step=1_234_567_890, seq=NUMBER, time=TIME)
            self.written[type(event).__name__] += len(events.encode(stamped)) + 1
            self.longest_silence = max(self.longest_silence, self._clock.now - self._written_at)
            self._written_at = self._clock.now


@pytest.mark.parametrize(("net", "best_every"), [(LENET5, 50), (RESNET110, 1)])
def test_beside_its_epochs_a_day_adds_at_most_20_mb(net: Net, best_every: int) -> None:
    day = Day(net, best_every)
    day.run()
    beside = day.written.total() - day.written["EpochEnded"]
    assert beside <= DAILY_BYTES
    assert day.longest_silence <= HEARTBEAT_SECONDS + 2.5, "from afar, the engine seems alive"
    kinds = ("Hardware", "LayerHealth", "Confusion", "FeatureMaps", "Checkpointed", "Phase")
    assert min(day.written[kind] for kind in kinds) > 200_000


def test_an_epochs_line_is_short() -> None:
    line = events.encode(replace(ENDED, step=1_000_000_000, seq=NUMBER, time=TIME))
    assert len(line) + 1 <= LONGEST_EPOCH_LINE


class Epochs:
    """A budget that epochs of one second each are told to."""

    def __init__(self, *, spent: bool = False) -> None:
        self.clock = Clock(1_000.0)
        self.budget = JournalBudget(self.clock)
        self.number = 0
        if spent:  # a confusion matrix larger than the allowance of the run's beginning
            large = events.Confusion(0, sparse=((10_000, 10_000, 1),) * 150_000)
            said: list[Event] = [events.Phase("evaluating"), large, replace(ENDED, best=True)]
            for event in said:
                self.budget.admitted(event)

    def end(self, *, best: bool) -> list[str]:
        """What is written when another epoch ends."""
        self.number += 1
        self.clock.now += 1
        self.budget.admitted(events.Phase("evaluating"))
        said: list[Event] = [scripted.confusion(self.number)]
        said += [replace(maps("conv1"), step=10 * self.number), ended(self.number, best)]
        return named(one for event in said for one in self.budget.admitted(event))


def ended(epoch: int, best: bool) -> events.EpochEnded:
    return replace(ENDED, epoch=epoch, best=best)


def named(written: Iterable[Event]) -> list[str]:
    """Letter and epoch of each matrix, map and end of an epoch; only the kind of other events."""
    return [
        f"{type(one).__name__[0]}{one.step // 10}"
        if isinstance(one, events.FeatureMaps)
        else f"{type(one).__name__[0]}{one.epoch}"
        if isinstance(one, events.Confusion | events.EpochEnded)
        else type(one).__name__
        for one in written
    ]


def test_the_pictures_of_best_epochs_come_at_once_and_others_every_ten_seconds() -> None:
    run = Epochs()
    assert run.end(best=True) == ["C1", "F1", "E1"]
    assert run.end(best=False) == ["E2"]
    assert run.end(best=True) == ["C3", "F3", "E3"]
    run.clock.now += PICTURE_SECONDS
    assert run.end(best=False) == ["C4", "F4", "E4"]


def test_what_was_held_is_written_when_the_run_pauses_or_ends_the_best_epoch_first() -> None:
    ends: list[Event] = [events.Phase("paused"), events.RunEnded("done")]
    for last in ends:
        run = Epochs(spent=True)
        assert [run.end(best=best)[-1] for best in (True, False, False)] == ["E1", "E2", "E3"]
        written = named(run.budget.admitted(last))
        assert written == ["C1", "F1", "C3", "F3", type(last).__name__]
        assert named(run.budget.admitted(last)) == [type(last).__name__], "once"


def test_pictures_that_were_held_come_when_a_person_looks() -> None:
    run = Epochs(spent=True)
    run.end(best=False)
    assert run.budget.wanted() == [], "ten seconds have not passed"
    run.clock.now += PICTURE_SECONDS
    assert named(run.budget.wanted()) == ["C1", "F1"]
    assert run.budget.wanted() == []


def test_what_a_rollback_undoes_is_not_written_any_more() -> None:
    run = Epochs(spent=True)
    run.end(best=True)
    assert named(run.budget.admitted(events.Resumed("a1", 0, 1, step=5))) == ["Resumed"]
    assert named(run.budget.admitted(events.RunEnded("done"))) == ["RunEnded"]


def test_a_phase_is_held_only_if_it_is_short_and_never_a_wrong_one_stays() -> None:
    clock = Clock(0.0)
    budget = JournalBudget(clock)
    training, evaluating = events.Phase("training"), events.Phase("evaluating")
    while budget.admitted(training) or budget.admitted(evaluating):
        pass
    assert budget.admitted(training) == [], "the allowance is spent"
    clock.now += PHASE_SECONDS
    assert budget.overdue() == [training], "the journal must not go on saying that it evaluates"
    assert [budget.admitted(evaluating), budget.admitted(training)] == [[], []]
    clock.now += PHASE_SECONDS
    assert budget.overdue() == [events.Heartbeat()]
    assert budget.admitted(evaluating) == []
    clock.now += PHASE_SECONDS
    assert budget.overdue() == [evaluating], "this evaluation is a long one"
    paused = events.Phase("paused")
    assert budget.admitted(paused) == [paused]
    assert budget.admitted(training) == [training], "a person waits for it"


def test_a_save_that_was_held_is_written_before_a_person_steers() -> None:
    budget = JournalBudget(Clock(0.0))
    saved = events.Checkpointed("last.pt", 1, 1, 0.1, "epoch", step=1)
    while budget.admitted(saved):
        pass
    newest, steered = replace(saved, step=9), events.Steered(0.5, 4, 0.1)
    assert budget.admitted(newest) == []
    assert budget.admitted(steered) == [newest, steered]
    asked = replace(saved, reason="command")
    assert budget.admitted(asked) == [asked]


def test_an_engine_with_nothing_to_say_shows_that_it_lives() -> None:
    clock = Clock(0.0)
    budget = JournalBudget(clock)
    assert budget.overdue() == []
    clock.now += HEARTBEAT_SECONDS
    assert budget.overdue() == [events.Heartbeat()]
    assert budget.overdue() == []
