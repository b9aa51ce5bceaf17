"""The fold of a journal: the state that results from its events.

It takes fixed memory for any number of steps: curves merge their bins, and logs keep only the
newest entries.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.protocol.step_columns import LogEvent, StepColumns
from engine.run.curve import Curve
from engine.run.newest_reports import NewestReports

BEFORE_TRAINING = ("queued", "starting", "downloading", "loading", "compiling")
RECENT = 960
LOG_ENTRIES = 500
# A log may hold a validation at every step.
MOST_EPOCHS = 4096
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
# The first scalars get a curve each, up to this number. A curve takes 40 KB.
MOST_SCALARS = 64
# An engine writes an event at least every seven seconds. During a longer gap than this the engine
# did not run, or the machine slept, or its clock was set.
GAP_SECONDS = 30.0
# The names of the loads of the machine; all but the speed are shares. Memory is that of the GPUs of
# the run, or of the machine without one.
GPU_LOAD, CPU_LOAD, ENGINE_LOAD, MEMORY_LOAD = "gpu", "cpu", "engine", "memory"
SPEED_LOAD = "speed"

MarkKind: TypeAlias = Literal["checkpoint", "steer", "pause", "alert"]


class Mark(NamedTuple):
    """Something that a curve shows at the step where it happened."""

    step: int
    kind: MarkKind


class Fold:
    """The state that results from the events of one run. `History` adds the derived quantities."""

    def __init__(self) -> None:
        # The share of the journal that is folded here. As long as it is below 1, only the newest
        # state is certain, and not what depends on all events.
        self.read_share = 1.0
        self.last_seq = 0
        self.last_time = 0.0
        self.first_time = 0.0
        self.step = 0
        self.run: events.RunStarted | None = None
        self.phase: events.Phase | None = None
        self._newest: events.Steps | None = None
        # What newer reports may not have measured: loss, accuracy, rate and speed.
        self._last_known: list[events.MaybeMeasured] = [UNSET] * 4
        self.first_loss: events.MaybeMeasured = None
        self.ended: events.RunEnded | None = None
        self.hardware: events.Hardware | None = None
        self.confusion: events.Confusion | None = None
        self.checkpoint: events.Checkpointed | None = None
        self.health: events.LayerHealth | None = None
        # The alert about an activation function after the logits.
        self.ending: events.Alert | None = None
        # The alert that counts what decisions on labels have changed.
        self.decided: events.Alert | None = None
        self.steerings: deque[events.Steered] = deque(maxlen=LOG_ENTRIES)
        self.maps: dict[str, events.FeatureMaps] = {}
        self.epochs: list[events.EpochEnded] = []
        # Of so many ends of epochs one is kept, and whether the last one goes once another comes.
        self._epochs_apart, self._epochs_told, self._is_last_spare = 1, 0, False
        self.loss = Curve()
        self.top1 = Curve()
        self.lr = Curve()
        self._has_told_top1 = False
        self._speed = Curve()
        # The loads of the machine, over the seconds since the first event.
        self.load: dict[str, Curve] = {}
        self.scalars = {IMAGES_PER_SECOND: self._speed}
        self.has_more_scalars = False
        """Whether there were more scalars than get a curve."""
        # The newest points of the curves.
        self.recent = NewestReports(RECENT)
        # The newest reports, for the pace.
        self.reports = NewestReports(RECENT)
        self.log: deque[Event] = deque(maxlen=LOG_ENTRIES)
        self.marks: deque[Mark] = deque(maxlen=LOG_ENTRIES)
        self.paused = False
        # Whether the last attempt has begun to train.
        self.has_begun = False
        self._active = 0.0

    @property
    def steps(self) -> events.Steps | None:
        """The newest point of the curves, updated to the newest known step and learning rate.

        What its report did not measure is as it was before.
        """
        if self._newest is None:
            return None
        loss, top1, lr, speed = self._last_known
        return replace(self._newest, loss=loss, top1=top1, lr=lr, images_per_second=speed)

    @property
    def steered(self) -> events.Steered | None:
        """The steering that is in force; None if the run follows its recipe."""
        return self.steerings[-1] if self.steerings else None

    @property
    def steps_per_epoch(self) -> int:
        return self.run.steps_per_epoch if self.run else 1

    @property
    def watched(self) -> events.Watched | None:
        """Whose training this is, unless it is the engine's."""
        return self.run.watched if self.run is not None else None

    @property
    def counts_steps(self) -> bool:
        """Whether the curves are over steps, since the length of an epoch is not known."""
        return self.watched is not None and self.watched.unit == "step"

    @property
    def is_log(self) -> bool:
        """Whether the log of another program is read, which may hold late rows of earlier steps."""
        return self.watched is not None and bool(self.watched.log)

    @property
    def has_top1(self) -> bool:
        """Whether the training tells an accuracy; an engine always does in the end."""
        return self.watched is None or self._has_told_top1

    @property
    def has_rate(self) -> bool:
        """Whether the training tells a learning rate; an engine always does in the end."""
        return self.watched is None or bool(self.lr)

    def fold(self, new: Iterable[LogEvent]) -> frozenset[type[Event]]:
        """Fold events, in the order of the journal. Returns their types; columns hold `Steps`.

        The caller leaves superseded events out (see `JournalReader`).
        """
        kinds: set[type[Event]] = set()
        for event in new:
            if not self.paused:
                self._active += self._seconds_since_last(event)
            # Nearly all events have this type, so it is tried first.
            if isinstance(event, events.Steps):
                kinds.add(events.Steps)
                self._fold_steps(event)
            elif isinstance(event, StepColumns):
                kinds.add(events.Steps)
                self._fold_columns(event)
            else:
                kinds.add(type(event))
                self._fold_other(event)
            self.last_seq, self.last_time = event.seq, event.time
        return frozenset(kinds)

    def _fold_other(self, event: Event) -> None:
        self.first_time = self.first_time or event.time
        if isinstance(event, events.Steered) and self._has_no_total:
            event = replace(event, epochs=0)
        if isinstance(event, LOGGED) and not self._is_known(event):
            if self.log and _completes(event, self.log[-1]):
                self.log.pop()
            self.log.append(event)
        if kind := _mark_kind(event):
            self.marks.append(Mark(event.step, kind))
        match event:
            case events.Phase():
                self._fold_phase(event)
            case events.Hardware():
                self.hardware = event
                self._fold_load(event)
            case events.FeatureMaps():
                self.maps[event.layer] = event
            case events.Confusion():
                self.confusion = event
            case events.LayerHealth():
                self.health = event
            case events.Alert(code=events.ENDING):
                self.ending = event
            case events.Alert(code=events.DECIDED):
                self.decided = event
            case events.RunStarted():
                self.run = event
                self._fold_total()
            case events.EpochEnded():
                self._fold_epoch(event)
            case events.Checkpointed():
                self.checkpoint = event
            case events.Steered():
                self.steerings.append(event)
            case events.Resumed():
                self.step = event.step
                if self.ending is not None and self.ending.step > event.step:
                    self.ending = None  # the model may have been repaired
            case events.RunEnded():
                self.paused = False
                self.ended, self.step = event, event.step or self.step

    def _fold_total(self) -> None:
        """A program that trains tells its total at each start, whatever was set in an earlier one.

        An engine's total is in its steering.
        """
        if self.steerings and self.watched is not None and self.watched.epochs is not None:
            self.steerings[-1] = replace(self.steerings[-1], epochs=self.watched.epochs)

    @property
    def _has_no_total(self) -> bool:
        """Whether the program that trains has not told how many epochs it plans."""
        return self.watched is not None and self.watched.epochs is None

    def _is_known(self, event: Event) -> bool:
        """Whether the log has said it: a script may describe itself again, once it knows more."""
        if isinstance(event, events.RunStarted):
            return self.run is not None and self.run.attempt == event.attempt
        return is_total_of_resume(event)

    def _fold_steps(self, event: events.Steps) -> None:
        """Fold a report. It becomes a point of the curves, unless it averages a whole epoch."""
        last = self.reports.last
        self.reports.append(event)
        self.step = max(self.step, event.step) if self.is_log else event.step
        self.lr.add(event.step, event.lr)
        if event.scalars:
            self._fold_scalars(event.step, event.scalars)
        if self._newest is None:
            self.first_loss = event.loss
        # Only a report from a later epoch can cover more steps than an epoch has.
        elif last is not None and last.epoch < event.epoch and self._covers_an_epoch(last, event):
            self._move_newest(event)
            return
        self._add_point(event)

    def _fold_columns(self, columns: StepColumns) -> None:
        """Fold reports of a log; each becomes a point of the curves."""
        if self._newest is None:
            self.first_loss = columns.report(0).loss
        self.reports.add_many(columns)
        self.recent.add_many(columns)
        self.step = max(self.step, int(columns.steps.max()))
        self._note_newest(columns.report(len(columns) - 1))
        steps, speeds = columns.steps, columns.images_per_second
        told = ((self.loss, columns.loss), (self.top1, columns.top1), (self.lr, columns.lr))
        for curve, values in told:
            if values is not None:
                curve.add_many(steps, values)
        if speeds is not None:  # one that is not finite is no speed
            finite = abs(speeds) < math.inf
            self._speed.add_many(steps[finite], speeds[finite])
        for name, values in columns.scalars.items():
            if (scalar := self._scalar(name)) is not None:
                scalar.add_many(steps, values)

    def _covers_an_epoch(self, last: events.Steps, event: events.Steps) -> bool:
        """Whether a report of the engine averages more than an epoch.

        False if its loss is not finite, so that the curves show that. Other programs, whose reports
        may be single steps, report as often as they like.
        """
        covers = event.step - last.step > self.steps_per_epoch
        return self.watched is None and covers and event.loss is not None

    def _fold_load(self, event: events.Hardware) -> None:
        second = max(0, int(event.time - self.first_time))
        used, total = event.memory_used, event.memory_total
        loads = {CPU_LOAD: event.cpu, ENGINE_LOAD: event.engine_cpu}
        if ours := [gpu for gpu in event.gpus if gpu.ours]:
            loads[GPU_LOAD] = sum(gpu.utilisation for gpu in ours) / len(ours)
            used = sum(gpu.memory_used for gpu in ours)
            total = sum(gpu.memory_total for gpu in ours)
        loads[MEMORY_LOAD] = used / total if total else 0.0
        speed = self.reports.last.images_per_second if self.reports.last is not None else UNSET
        if speed is not UNSET and speed is not None:
            loads[SPEED_LOAD] = speed
        for name, value in loads.items():
            if name not in self.load:
                self.load[name] = Curve()
            self.load[name].add(second, value)

    def _fold_epoch(self, event: events.EpochEnded) -> None:
        completes = bool(self.epochs) and _completes(event, self.epochs[-1])
        if completes:
            self.epochs.pop()
            self._is_last_spare = False
        self._has_told_top1 |= event.top1 is not UNSET
        before = self.epochs[-1].step if self.epochs else 0
        length = event.step - before if self.counts_steps else self.steps_per_epoch
        self._keep_epoch(event)
        self.step = max(self.step, event.step) if self.is_log else event.step
        self.lr.add(event.step, event.lr)
        self._fold_scalars(event.step, event.scalars)
        last_point = self.recent.last.step if self.recent.last is not None else 0
        # Then the last point was the epoch itself, before the loss of its training was known.
        was_early = self._newest is not None and self._newest.loss is UNSET is not event.train_loss
        is_late = completes and was_early
        if self._newest is None or is_late or 2 * (event.step - last_point) > length:
            self._add_point(_as_report(event))
        else:
            self._move_newest(event)

    def _keep_epoch(self, event: events.EpochEnded) -> None:
        """Add the end of an epoch. Of very many in a log, evenly spread ones stay, and the best."""
        if self._is_last_spare and (event.best or not self.epochs[-1].best):
            self.epochs.pop()
        self.epochs.append(event)
        self._is_last_spare = self._epochs_told % self._epochs_apart != 0
        self._epochs_told += 1
        if self.is_log and len(self.epochs) > MOST_EPOCHS:
            best = next((epoch for epoch in reversed(self.epochs) if epoch.best), None)
            self.epochs = [e for i, e in enumerate(self.epochs) if i % 2 == 0 or e is best]
            self._epochs_apart *= 2

    def _move_newest(self, later: events.Steps | events.EpochEnded) -> None:
        """Give the newest point the step of a later event, and its learning rate if it has one."""
        assert self._newest is not None
        self._newest = replace(self._newest, step=later.step)
        if later.lr is not UNSET:
            loss, top1, _, speed = self._last_known
            self._last_known = [loss, top1, later.lr, speed]

    def _add_point(self, point: events.Steps) -> None:
        self._note_newest(point)
        self.recent.append(point)
        self.loss.add(point.step, point.loss)
        self.top1.add(point.step, point.top1)
        if point.images_per_second is not None:  # one that is not finite is no speed
            self._speed.add(point.step, point.images_per_second)

    def _note_newest(self, point: events.Steps) -> None:
        self._newest = point
        told = point.loss, point.top1, point.lr, point.images_per_second
        if UNSET not in told:
            self._last_known[:] = told
        else:
            known = zip(told, self._last_known, strict=True)
            self._last_known = [before if now is UNSET else now for now, before in known]
        self._has_told_top1 |= point.top1 is not UNSET

    def _fold_scalars(self, step: int, scalars: events.Scalars) -> None:
        for name, value in scalars.items():
            if (curve := self._scalar(name)) is not None:
                curve.add(step, value)

    def _scalar(self, name: str) -> Curve | None:
        """The curve of a scalar; None for one beyond the most that get one."""
        curve = self.scalars.get(name)
        if curve is None:
            if len(self.scalars) == MOST_SCALARS:
                self.has_more_scalars = True
                return None
            curve = self.scalars[name] = Curve()
        return curve

    def _fold_phase(self, event: events.Phase) -> None:
        self.phase = event
        if event.name not in ("pausing", "paused"):
            self.has_begun = event.name not in BEFORE_TRAINING
        if self.has_begun:
            self.step = event.step
        self.ended = None  # a phase after the end belongs to a new attempt
        self.paused = event.name == "paused"

    def _seconds_since_last(self, event: LogEvent) -> float:
        """Seconds since the last event; 0 if the gap is too long to have been spent on training."""
        if isinstance(event, StepColumns):
            return event.seconds_since(self.last_time or float(event.times[0]))
        if isinstance(event, events.Phase) and event.name == "starting":
            return 0.0  # an engine's first event: before it, none trained
        seconds = event.time - self.last_time
        # An excerpt of a long journal leaves events out: then the gap may be longer.
        longest = GAP_SECONDS * max(1, event.seq - self.last_seq)
        if self.is_log:
            longest = math.inf  # its rows may be as far apart as epochs
        return seconds if 0.0 <= seconds <= longest and self.last_time else 0.0


def is_total_of_resume(event: Event) -> bool:
    """Whether an event only sets the total of epochs of a resume, on which an alert informs."""
    return isinstance(event, events.Steered) and event.command == commands.RESUME


def _mark_kind(event: Event) -> MarkKind | None:
    match event:
        case events.Checkpointed() if event.reason not in ("epoch", "best"):
            return "checkpoint"
        case events.Steered() if not is_total_of_resume(event):
            return "steer"
        case events.Phase(name="paused"):
            return "pause"
        case events.Alert(level="warning" | "error") if event.step:
            return "alert"
    return None


def _completes(event: Event, before: Event) -> bool:
    """Whether an event has the numbers of one before, and more, as the rows of a log become known.

    Lightning writes the validation of an epoch into one row, and the loss of its training later
    into another one.
    """
    if not (isinstance(event, events.EpochEnded) and isinstance(before, events.EpochEnded)):
        return False
    return (event.epoch, event.step) == (before.epoch, before.step)


def _as_report(ended: events.EpochEnded) -> events.Steps:
    """A report at the end of an epoch, with the training metrics of the whole epoch."""
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
