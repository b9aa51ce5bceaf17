"""The fold of a journal: what its events amount to, at fixed memory.

Nothing here grows with the number of steps: curves merge their bins, and logs keep the newest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.curve import Curve

BEFORE_TRAINING = ("starting", "downloading", "loading", "compiling")
RECENT = 960
LOG_ENTRIES = 500
LOGGED = (
    events.RunStarted,
    events.EpochEnded,
    events.Checkpointed,
    events.Steered,
    events.Resumed,
    events.Alert,
    events.RunEnded,
)
# The name of the training speed among the scalars.
IMAGES_PER_SECOND = "images/s"
# The most curves that are kept by name, the first ones. A curve takes 40 KB.
MOST_SCALARS = 64
# An engine writes an event every two seconds. Through a longer gap it did not run, its machine
# slept, or its clock was set.
GAP_SECONDS = 30.0

MarkKind: TypeAlias = Literal["checkpoint", "steer", "pause", "alert"]


class Mark(NamedTuple):
    """Something that a curve shows at the step where it happened."""

    step: int
    kind: MarkKind


class Fold:
    """The state that the events of one run leave behind, for `History` to build on."""

    def __init__(self) -> None:
        self.last_seq = 0
        self.last_time = 0.0
        # The time of the first event; 0 before.
        self.first_time = 0.0
        self.step = 0
        self.run: events.RunStarted | None = None
        self.phase: events.Phase | None = None
        # The newest point of the curves, with the newest step and learning rate that are known.
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
        # The newest points of the curves, and the newest reports, from which the pace is measured.
        self.recent: deque[events.Steps] = deque(maxlen=RECENT)
        self.reports: deque[events.Steps] = deque(maxlen=RECENT)
        self.log: deque[Event] = deque(maxlen=LOG_ENTRIES)
        self.marks: deque[Mark] = deque(maxlen=LOG_ENTRIES)
        self.paused = False
        # Whether the last attempt has begun to train.
        self.has_begun = False
        self._active = 0.0

    @property
    def steps_per_epoch(self) -> int:
        return self.run.steps_per_epoch if self.run else 1

    def fold(self, new: Iterable[Event]) -> frozenset[type[Event]]:
        """Take in events in the order of the journal; returns the types that were among them.

        The caller leaves superseded events out (see `JournalReader`).
        """
        kinds: set[type[Event]] = set()
        for event in new:
            kinds.add(type(event))
            if not self.paused:
                self._active += self._seconds_since_last(event)
            # Nearly all events are of this type, so it is tried first.
            if isinstance(event, events.Steps):
                self._fold_steps(event)
            else:
                self._fold_other(event)
            self.last_seq, self.last_time = event.seq, event.time
        return frozenset(kinds)

    def _fold_other(self, event: Event) -> None:
        self.first_time = self.first_time or event.time
        if isinstance(event, LOGGED):
            self.log.append(event)
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
            case events.EpochEnded():
                self._fold_epoch(event)
            case events.Checkpointed():
                self.checkpoint = event
                if event.reason not in ("epoch", "best"):
                    self._mark(event.step, "checkpoint")
            case events.Steered():
                self.steered = event
                self._mark(event.step, "steer")
            case events.Resumed():
                self.step = event.step
            case events.Alert(level="warning" | "error") if event.step:
                self._mark(event.step, "alert")
            case events.RunEnded():
                self.paused = False
                self.ended, self.step = event, event.step or self.step

    def _fold_steps(self, event: events.Steps) -> None:
        """Take in a report; it becomes a point of the curves unless it averages whole epochs."""
        last = self.reports[-1] if self.reports else None
        self.reports.append(event)
        self.step = event.step
        self.lr.add(event.step, event.lr)
        if event.scalars:
            self._fold_scalars(event.step, event.scalars)
        if self.steps is None:
            self.first_loss = event.loss
        # Only a report of a later epoch can cover this many steps.
        elif last is not None and last.epoch < event.epoch and self._covers_an_epoch(last, event):
            self.steps = replace(self.steps, lr=event.lr, step=event.step)
            return
        self._add_point(event)

    def _covers_an_epoch(self, last: events.Steps, event: events.Steps) -> bool:
        """Whether a report averages more than an epoch. A loss that is not finite still counts."""
        return event.step - last.step > self.steps_per_epoch and event.loss is not None

    def _fold_epoch(self, event: events.EpochEnded) -> None:
        self.epochs.append(event)
        self.step = event.step
        self.lr.add(event.step, event.lr)
        self._fold_scalars(event.step, event.scalars)
        last_point = self.recent[-1].step if self.recent else 0
        if self.steps is None or 2 * (event.step - last_point) > self.steps_per_epoch:
            self._add_point(_as_report(event))
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
        self.ended = None  # a phase after the end belongs to a new attempt
        self.paused = event.name == "paused"
        if self.paused:
            self._mark(event.step, "pause")

    def _mark(self, step: int, kind: MarkKind) -> None:
        self.marks.append(Mark(step, kind))

    def _seconds_since_last(self, event: Event) -> float:
        """Seconds since the last event; 0 where the gap is too long to have been spent training."""
        seconds = event.time - self.last_time
        # An excerpt of a long journal leaves events out: then the gap may be longer.
        missing = max(1, event.seq - self.last_seq)
        return seconds if 0.0 <= seconds <= GAP_SECONDS * missing and self.last_time else 0.0


def _as_report(ended: events.EpochEnded) -> events.Steps:
    """The training metrics of a whole epoch as a report at its end."""
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
