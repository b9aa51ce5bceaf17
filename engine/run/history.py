"""The fold of a journal: what a run is now, and its curves at fixed memory.

A viewer, `cnn-tui runs` and the headless lines all read a run through `History.fold`.
Nothing here grows with the number of steps: curves are bins that merge pairwise.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections import deque
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from engine.catalog import datasets
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes import schedule

BINS = 1024
BEFORE_TRAINING = ("starting", "downloading", "loading", "compiling")
RECENT = 960
# So many of the recent reports tell how fast the run is.
PACE_REPORTS = 20
# Before so many the time left is not told: the first step takes far longer than those after it.
FEWEST_REPORTS = 3
LOG_ENTRIES = 500
# The name of the speed among the scalars.
IMAGES_PER_SECOND = "images/s"
# A curve takes 40 KB: no more names than this are kept, the first ones.
MOST_SCALARS = 64
# An engine says something every two seconds. Where it said nothing for longer, it was not there,
# its machine slept, or its clock was set.
GAP_SECONDS = 30.0


class Bin(NamedTuple):
    """One stretch of a curve: the mean, lowest and highest of its finite values.

    `step` is its middle. `broken` says that a value in it was not finite; where all were,
    the numbers are NaN.
    """

    step: float
    mean: float
    low: float
    high: float
    broken: bool


class Curve:
    """A measured quantity over steps in at most `BINS` bins of one width, in steps.

    When a step falls behind the last bin, neighbours merge and the width doubles. The mean
    weighs each value alike. A journal may hold millions of steps, so the bin that is being
    filled is kept in plain attributes and written to the arrays when another one is turned to.
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
        # The bins before the one that is being filled, as they were last asked for.
        self._closed: list[Bin] | None = None
        self._count = self._bad = 0
        self._sum, self._low, self._high = 0.0, math.inf, -math.inf

    def add(self, step: int, value: float | None) -> None:
        """Count a value measured at this step; None is one that is not finite."""
        if step // self.width != self._at:
            self._turn_to(step)
        self.last = value
        if value is None:
            self._bad += 1
            return
        self._count += 1
        self._sum += value
        if value < self._low:
            self._low = value
        if value > self._high:
            self._high = value

    def bins(self) -> list[Bin]:
        """The bins that hold a value, in order of steps."""
        self._store()
        if self._closed is None:
            self._closed = [self._bin(i) for i in range(self._at) if self._holds(i)]
        later = [self._bin(i) for i in range(self._at, self._used) if self._holds(i)]
        return self._closed + later

    def _holds(self, i: int) -> bool:
        return bool(self._counts[i] or self._broken[i])

    def _turn_to(self, step: int) -> None:
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
        """Take the bin at `_at` out of the arrays to fill it."""
        i = self._at
        self._count, self._bad, self._sum = self._counts[i], self._broken[i], self._sums[i]
        self._low, self._high = self._lows[i], self._highs[i]

    def _store(self) -> None:
        i = self._at
        self._used = max(self._used, i + 1)
        self._counts[i], self._broken[i], self._sums[i] = self._count, self._bad, self._sum
        self._lows[i], self._highs[i] = self._low, self._high

    def _bin(self, i: int) -> Bin:
        step = i * self.width + (self.width - 1) / 2
        broken = self._broken[i] > 0
        if not self._counts[i]:
            return Bin(step, math.nan, math.nan, math.nan, broken)
        mean = self._sums[i] / self._counts[i]
        return Bin(step, mean, self._lows[i], self._highs[i], broken)

    def _halve(self) -> None:
        for i in range(BINS // 2):
            a, b = 2 * i, 2 * i + 1
            self._counts[i] = self._counts[a] + self._counts[b]
            self._broken[i] = self._broken[a] + self._broken[b]
            self._sums[i] = self._sums[a] + self._sums[b]
            self._lows[i] = min(self._lows[a], self._lows[b])
            self._highs[i] = max(self._highs[a], self._highs[b])
        for i in range(BINS // 2, BINS):
            self._counts[i] = self._broken[i] = 0
            self._sums[i], self._lows[i], self._highs[i] = 0.0, math.inf, -math.inf
        self._used = (self._used + 1) // 2
        self.width *= 2


MarkKind: TypeAlias = Literal["checkpoint", "steer", "pause", "alert"]


class Mark(NamedTuple):
    """Something that a curve shows at the step where it happened."""

    step: int
    kind: MarkKind


class History:
    """What the journal of one run amounts to."""

    def __init__(self) -> None:
        self.last_seq = 0
        self.last_time = 0.0
        # When the run first said something; 0 before.
        self.first_time = 0.0
        self.step = 0
        self.run: events.RunStarted | None = None
        self.phase: events.Phase | None = None
        # The newest point of the curves, at the step and with the rate that were said since.
        self.steps: events.Steps | None = None
        self.first_loss: float | None = None
        self.ended: events.RunEnded | None = None
        self.hardware: events.Hardware | None = None
        self.confusion: events.Confusion | None = None
        self.checkpoint: events.Checkpointed | None = None
        self.health: events.LayerHealth | None = None
        self.steered: events.Steered | None = None
        self.maps: dict[str, events.FeatureMaps] = {}
        self.epochs: list[events.EpochEnded] = []
        self.loss = Curve()
        self.top1 = Curve()
        self.lr = Curve()
        self._speed = Curve()
        self.scalars = {IMAGES_PER_SECOND: self._speed}
        # The newest points of the curves, and the newest reports, which tell the speed.
        self.recent: deque[events.Steps] = deque(maxlen=RECENT)
        self.reports: deque[events.Steps] = deque(maxlen=RECENT)
        self.log: deque[Event] = deque(maxlen=LOG_ENTRIES)
        self.marks: deque[Mark] = deque(maxlen=LOG_ENTRIES)
        self.paused = False
        # Whether the last attempt has begun to train.
        self.has_begun = False
        self._active = 0.0

    def fold(self, new: Iterable[Event]) -> frozenset[type[Event]]:
        """Take in events in the order of the journal; returns the kinds that were among them.

        Superseded events must have been left out before (see `journal.Reader`).
        """
        kinds: set[type[Event]] = set()
        for event in new:
            kinds.add(type(event))
            if not self.paused:
                self._active += self._passed(event)
            # By far the most events are these.
            if isinstance(event, events.Steps):
                self._fold_steps(event)
            else:
                self._fold_one(event)
            self.last_seq, self.last_time = event.seq, event.time
        return frozenset(kinds)

    def _fold_one(self, event: Event) -> None:
        self.first_time = self.first_time or event.time
        match event:
            case events.Phase():
                self._fold_phase(event)
            case events.Hardware():
                self.hardware = event
            case events.FeatureMaps():
                self.maps[event.layer] = event
            case events.Confusion():
                self.confusion = event
            case events.LayerHealth():
                self.health = event
            case events.RunStarted():
                self.run = event
                self.log.append(event)
            case events.EpochEnded():
                self._fold_epoch(event)
            case events.Checkpointed():
                self.checkpoint = event
                self.log.append(event)
                if event.reason not in ("epoch", "best"):
                    self._mark(event.step, "checkpoint")
            case events.Steered():
                self.steered = event
                self.log.append(event)
                self._mark(event.step, "steer")
            case events.Resumed():
                self.step = event.step
                self.log.append(event)
            case events.Alert():
                self.log.append(event)
                if event.level != "info" and event.step:
                    self._mark(event.step, "alert")
            case events.RunEnded():
                self.paused = False
                self.ended, self.step = event, event.step or self.step
                self.log.append(event)

    def _fold_steps(self, event: events.Steps) -> None:
        """Take in a report; in a curve it stands unless whole epochs are blended in its means."""
        last = self.reports[-1] if self.reports else None
        self.reports.append(event)
        self.step = event.step
        self.lr.add(event.step, event.lr)
        if event.scalars:
            self._fold_scalars(event.step, event.scalars)
        if self.steps is None:
            self.first_loss = event.loss
        # Only where another epoch has begun can so much lie between two reports.
        elif last is not None and last.epoch < event.epoch and self._blends(last, event):
            self.steps = replace(self.steps, lr=event.lr, step=event.step)
            return
        self._add_point(event)

    def _blends(self, last: events.Steps, event: events.Steps) -> bool:
        """Whether a report covers more than an epoch; one that is not finite is no blend."""
        return event.step - last.step > self.steps_per_epoch and event.loss is not None

    def _fold_epoch(self, event: events.EpochEnded) -> None:
        self.epochs.append(event)
        self.step = event.step
        self.log.append(event)
        self.lr.add(event.step, event.lr)
        self._fold_scalars(event.step, event.scalars)
        told = self.recent[-1].step if self.recent else 0
        if self.steps is None or 2 * (event.step - told) > self.steps_per_epoch:
            self._add_point(_means(event))
        else:
            self.steps = replace(self.steps, lr=event.lr, step=event.step)

    def _add_point(self, point: events.Steps) -> None:
        self.steps = point
        self.recent.append(point)
        self.loss.add(point.step, point.loss)
        self.top1.add(point.step, point.top1)
        if point.images_per_second is not None:
            self._speed.add(point.step, point.images_per_second)

    def _fold_scalars(self, step: int, scalars: events.Scalars) -> None:
        for name, value in scalars.items():
            if name not in self.scalars:
                if len(self.scalars) == MOST_SCALARS:
                    continue
                self.scalars[name] = Curve()
            self.scalars[name].add(step, value)

    def _fold_phase(self, event: events.Phase) -> None:
        self.phase = event
        if event.name not in ("pausing", "paused"):
            self.has_begun = event.name not in BEFORE_TRAINING
        if self.has_begun:
            self.step = event.step
        self.ended = None  # a phase after the end is a new attempt
        self.paused = event.name == "paused"
        if self.paused:
            self._mark(event.step, "pause")

    def _mark(self, step: int, kind: MarkKind) -> None:
        self.marks.append(Mark(step, kind))

    def _passed(self, event: Event) -> float:
        """Seconds since the event before, as far as an engine can have spent them."""
        seconds = event.time - self.last_time
        # More than one where events were left out, as between the ends of a long journal.
        events_on = max(1, event.seq - self.last_seq)
        return seconds if 0.0 <= seconds <= GAP_SECONDS * events_on and self.last_time else 0.0

    @property
    def planned_steps(self) -> int:
        return self.epochs_planned * self.steps_per_epoch if self.run else 0

    @property
    def epochs_planned(self) -> int:
        """The epochs that the run shall have: the recipe's, or what a person made of them."""
        if self.steered is not None:
            return self.steered.epochs
        return self.run.recipe.epochs if self.run else 1

    @property
    def steps_per_epoch(self) -> int:
        return self.run.steps_per_epoch if self.run else 1

    @property
    def epoch(self) -> int:
        """The epoch that is being trained, from 1; the last one when the run is over."""
        ended = self.epochs[-1].epoch if self.epochs else 0
        # The last step of an epoch belongs to it until it is evaluated.
        return min(self.epochs_planned, max(ended, (self.step - 1) // self.steps_per_epoch) + 1)

    @property
    def progress(self) -> float:
        """The share of the planned steps that is done, 0 to 1."""
        return min(1.0, self.step / self.planned_steps) if self.planned_steps else 0.0

    @property
    def best(self) -> events.EpochEnded | None:
        """The epoch with the highest validation accuracy, the first of equals."""
        return next((e for e in reversed(self.epochs) if e.best), None)

    @property
    def plan(self) -> schedule.Plan | None:
        """The schedule as it now stands, without what a person multiplied it by."""
        if self.run is None:
            return None
        return schedule.plan(self.run.recipe, self.steps_per_epoch, self.epochs_planned)

    @property
    def rate(self) -> float | None:
        """The learning rate of the last step that is known, or what a person made of it since."""
        return self._rate(self.steps)[0] if self.steps is not None else None

    def _rate(self, steps: events.Steps) -> tuple[float, int]:
        """That rate, and the 0-based number of the step that it is of."""
        if self.steered is not None and steps.step <= self.steered.step:
            return self.steered.lr, self.steered.step  # no step was yet made with this plan
        return steps.lr, max(0, steps.step - 1)

    @property
    def steered_factor(self) -> float:
        """By how much a person has multiplied the planned rates."""
        return self.steered.factor if self.steered is not None else 1.0

    @property
    def plateau_factor(self) -> float:
        """By how much reduce-on-plateau has scaled the planned rate, from the last rate seen."""
        if self.steps is None or self.plan is None:
            return 1.0
        lr, step = self._rate(self.steps)
        planned = schedule.learning_rate(self.plan, step, steered=self.steered_factor)
        return lr / planned if planned and lr else 1.0

    @property
    def classes(self) -> tuple[str, ...]:
        return self.run.classes if self.run else ()

    def elapsed(self, now: float) -> float:
        """Seconds that engines have spent on the run until `now`, pauses left out."""
        if not self.last_time or self.ended is not None or self.paused:
            return self._active
        return self._active + min(GAP_SECONDS, max(0.0, now - self.last_time))

    @property
    def pace(self) -> float | None:
        """Images a second in the median of the recent reports; None where none was measured.

        It is that of the steps alone, so that no pause is in it.
        """
        measured = (s.images_per_second for s in reversed(self.reports) if s.images_per_second)
        recent = sorted(itertools.islice(measured, PACE_REPORTS))
        return recent[len(recent) // 2] if recent else None

    def remaining(self) -> float | None:
        """Seconds that the rest takes at the recent pace, evaluations counted; None if unknown."""
        speed = self.pace
        if self.run is None or speed is None or len(self.reports) < FEWEST_REPORTS:
            return None
        left = max(0, self.planned_steps - self.step)
        images = left * self.run.recipe.batch
        ended = self.epochs[-1].epoch if self.epochs else 0
        evaluations = max(0, self.epochs_planned - ended) + self._test_share
        return images / speed + evaluations * self._evaluation_seconds(speed)

    def _evaluation_seconds(self, speed: float) -> float:
        """What the last evaluation took; before the first, a third of training on its images."""
        if self.epochs:
            return self.epochs[-1].evaluation_seconds
        return self.run.validation_images / (3 * speed) if self.run else 0.0

    @property
    def _test_share(self) -> float:
        """The images that are looked at when the run is over, as a share of the validation's."""
        if self.run is None or self.ended is not None or not self.run.recipe.holdout:
            return 0.0
        known = datasets.DATA.get(self.run.recipe.data)
        validation = self.run.validation_images
        return known.test_images / validation if known is not None and validation else 1.0


def _means(ended: events.EpochEnded) -> events.Steps:
    """The training of a whole epoch as a report at its end."""
    return events.Steps(
        ended.epoch,
        ended.train_loss,
        ended.train_top1,
        ended.lr,
        ended.images_per_second,
        step=ended.step,
        seq=ended.seq,
        time=ended.time,
    )
