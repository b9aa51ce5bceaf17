"""Makes events of the rows of a log: named numbers that were measured at the same step.

A row with a number of the validation, or of a whole epoch, becomes an `EpochEnded`, and any other
one `Steps`. In a log without steps, each row is an epoch. Frameworks tell one epoch in several
rows. Each of them becomes an `EpochEnded` with all that is known by then; it replaces the one
before it, of the same epoch and step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.logs import column_roles, logs_text
from engine.logs.best_epochs import BestEpochs
from engine.logs.columns import Meaning
from engine.logs.learnt import Learnt
from engine.logs.row_block import RowBlock
from engine.logs.row_places import Place, RowPlaces, Written
from engine.logs.row_plan import Numbers, RowPlan
from engine.protocol.events import Alert, EpochEnded, Event, RunStarted, Steps, Watched, measured
from engine.protocol.step_columns import LogEvent, StepColumns

# The code of the alerts on how the columns are read.
COLUMNS = "columns"

_STEPS_FIELDS = {
    Meaning.LOSS: "loss",
    Meaning.TOP1: "top1",
    Meaning.LR: "lr",
    Meaning.SPEED: "images_per_second",
}
_EPOCH_FIELDS = {
    Meaning.LOSS: "train_loss",
    Meaning.TOP1: "train_top1",
    Meaning.VAL_LOSS: "loss",
    Meaning.VAL_TOP1: "top1",
    Meaning.VAL_TOP5: "top5",
    Meaning.LR: "lr",
    Meaning.SPEED: "images_per_second",
    Meaning.SECONDS: "seconds",
}
# The accuracies that share a unit.
_TOGETHER = (frozenset({Meaning.TOP1}), frozenset({Meaning.VAL_TOP1, Meaning.VAL_TOP5}))
_ACCURACIES = frozenset().union(*_TOGETHER)
# A fraction may exceed 1 by a rounding error.
_LARGEST_FRACTION = 1.001
# Of fewer rows, columns cost more than they save.
FEWEST_IN_COLUMNS = 32
# As many sets of names as rows are likely to have.
_MOST_PLANS = 1 << 10


class RowEvents:
    """Makes events of rows, in the order in which they were written.

    A late row can show that earlier ones were misunderstood. Then `outdated` is true, and the
    caller begins again with the first row and a new `RowEvents(watched, learnt)`. What was learnt
    is kept, so this happens a few times at most, and nearly always within the first rows.
    """

    def __init__(self, watched: Watched, learnt: Learnt | None = None) -> None:
        self.learnt = Learnt() if learnt is None else learnt
        self._watched = watched
        self._places = RowPlaces(self.learnt)
        self._best = BestEpochs()
        self._ended: EpochEnded | None = None
        self._started: RunStarted | None = None
        self._unit: Literal["epoch", "step"] = "step"
        self._plans: dict[tuple[str, ...], RowPlan] = {}
        # The names whose meaning was told.
        self._told: set[str] = set()
        # The accuracies that were taken for fractions.
        self._fractions: set[Meaning] = set()
        self._tag_epoch: int | None = None
        self._is_outdated = self._is_told_that_rows_count = False
        self._is_told_of_long_names = False

    @property
    def has_started(self) -> bool:
        """Whether the start was told."""
        return self._started is not None

    @property
    def outdated(self) -> bool:
        return self._is_outdated or self._places.outdated

    def started(self, time: float) -> list[Event]:
        """The start of the log, before its first row; nothing if it was told."""
        return [*self._begun(Place(1, 0), time)] if self._started is None else []

    def meet(self, names: Iterable[str]) -> None:
        """Tell the names of the columns before their numbers, where the log does so."""
        for name in names:
            if name not in self.learnt.names and self.learnt.meet(name):
                self._plans.clear()
                self._is_outdated |= bool(self._told)

    def add(self, step: int | None, time: float, values: Mapping[str, float]) -> list[Event]:
        """The events of a row.

        `step` is the step as written, where the format itself gives one, and `time` is in unix
        seconds. `values` are the numbers that were measured, NaN and infinities among them.
        """
        plan = self._plan(tuple(values))
        if step is None or not plan.over_epochs or self._tags_count_steps(step):
            return self._row(plan, Written(step), time, values)
        over_epochs = {name: values[name] for name in plan.over_epochs}
        rest = {name: value for name, value in values.items() if name not in over_epochs}
        events = self._row(self._plan(tuple(over_epochs)), Written(epoch=step), time, over_epochs)
        if rest:
            events += self._row(self._plan(tuple(rest)), Written(step), time, rest)
        return events

    def add_rows(self, rows: RowBlock) -> list[LogEvent]:
        """The events of rows; those of many rows of steps become columns."""
        events: list[LogEvent] = []
        plan = self._plan(rows.names)
        for at in range(rows.size):
            if plan.is_plain_step and rows.size - at >= FEWEST_IN_COLUMNS:
                _, rest = rows.split(at)
                columns = self._columns(plan, rest)
                if columns is not None:
                    events.append(columns)
                    break
            events += self.add(*rows.row(at))
        return events

    def _columns(self, plan: RowPlan, rows: RowBlock) -> StepColumns | None:
        """Rows as columns; None if the first one must be read by itself."""
        if self._started is None or self._may_complete(rows):
            return None
        placed = self._places.add_steps(rows.steps)
        if placed is None:
            return None
        columns = rows.columns()
        numbers = plan.of_steps(columns)
        self._learn_units({m: _largest(numbers[m]) for m in _ACCURACIES & numbers.keys()})
        for meaning in self.learnt.percent & numbers.keys():
            numbers[meaning] = numbers[meaning] / 100.0  # a copy: these may be views
        fields: dict[str, Any] = {_STEPS_FIELDS[m]: column for m, column in numbers.items()}
        epoch, steps = placed
        scalars = plan.scalars(columns)
        return StepColumns(epoch=epoch, steps=steps, times=rows.times, scalars=scalars, **fields)

    def _may_complete(self, rows: RowBlock) -> bool:
        """Whether one of the rows may be of the step at which an epoch has just ended.

        As it is written, a step may be one less than it counts.
        """
        ended = self._ended
        return ended is not None and bool((abs(rows.steps - ended.step) <= 1).any())

    def _plan(self, names: tuple[str, ...]) -> RowPlan:
        plan = self._plans.get(names)
        if plan is None:
            self.meet(names)
            if len(self._plans) == _MOST_PLANS:
                self._plans.clear()
            plan = RowPlan({name: self.learnt.names[name] for name in names})
            self._plans[names] = plan
        return plan

    def _tags_count_steps(self, step: int) -> bool:
        """Whether the steps of tags that Keras counts in epochs are steps after all."""
        learnt, before = self.learnt, self._tag_epoch
        self._tag_epoch = step
        if column_roles.are_of_keras(learnt.names):
            self._is_outdated |= before is not None and not learnt.epochs_from_zero
            learnt.epochs_from_zero = True
        elif before is not None and step > before + 1 and not learnt.tags_count_steps:
            learnt.tags_count_steps = self._is_outdated = True
            learnt.has_epochs = learnt.epochs_from_zero = False
        return learnt.tags_count_steps

    def _row(
        self, plan: RowPlan, written: Written, time: float, values: Mapping[str, float]
    ) -> list[Event]:
        if places := plan.places(values):
            written, time = _written(places, written), places.get(Meaning.TIME, time)
        of_steps, of_epoch = plan.of_steps(values), plan.of_epoch(values)
        scalars = plan.scalars(values)
        place = self._places.add(written, plan.ends)
        if place is None or not (of_steps or of_epoch or scalars):
            return []
        events = [*self._begun(place, time)]
        for numbers in (of_steps, of_epoch):
            if not _ACCURACIES.isdisjoint(numbers):
                self._learn_units(numbers)
                for meaning in self.learnt.percent & numbers.keys():
                    numbers[meaning] /= 100.0
        if plan.measures or plan.too_long or self._places.counts_rows:
            events += self._columns_read(plan, place, time)
        if not (plan.ends or place.is_epoch or self._completes(place)):
            events.append(_steps(of_steps, scalars, place, time))
            return events
        if Meaning.LOSS in of_steps and Meaning.LOSS in of_epoch:
            events.append(_steps(of_steps, {}, place, time))
        events.append(self._epoch_ended(of_steps | of_epoch, scalars, place, time))
        return events

    def _learn_units(self, largest: Mapping[Meaning, float]) -> None:
        """Learn which accuracies are in per cent from such numbers, or the largest of them."""
        percent = self.learnt.percent
        for together in _TOGETHER:
            here = together & largest.keys()
            if not here <= percent and any(
                _LARGEST_FRACTION < largest[meaning] < math.inf for meaning in here
            ):
                percent |= together
                self._is_outdated |= not self._fractions.isdisjoint(together)
            self._fractions |= here - percent

    def _completes(self, place: Place) -> bool:
        return self._ended is not None and place[:2] == (self._ended.epoch, self._ended.step)

    def _begun(self, place: Place, time: float) -> Iterator[Event]:
        """The start, and once more where the unit or the length of an epoch has been found."""
        length = self._places.steps_per_epoch
        unit: Literal["epoch", "step"] = "step" if length is None else "epoch"
        started = self._started
        if started is not None and (started.steps_per_epoch, self._unit) == (length or 1, unit):
            return
        self._unit = unit
        self._started = _start(length or 1, replace(self._watched, unit=unit), place, time)
        yield self._started

    def _columns_read(self, plan: RowPlan, place: Place, time: float) -> Iterator[Event]:
        """Alerts that say how columns are read which have a number for the first time."""
        new = {name: m for name, m in plan.measures.items() if name not in self._told}
        self._told.update(new)
        plan.measures.clear()
        if self._places.counts_rows and not self._is_told_that_rows_count:
            self._is_told_that_rows_count = True
            yield self._alert(logs_text.ROWS_COUNTED, place, time)
        if plan.too_long and not self._is_told_of_long_names:
            self._is_told_of_long_names = True
            yield self._alert(logs_text.long_name(plan.too_long[0]), place, time)
        plan.too_long.clear()
        if new:
            yield self._alert(logs_text.columns_read(new, self.learnt.percent), place, time)

    def _alert(self, text: str, place: Place, time: float) -> Alert:
        return Alert(level="info", code=COLUMNS, text=text, step=place.step, time=time)

    def _epoch_ended(
        self, numbers: Numbers, scalars: dict[str, float], place: Place, time: float
    ) -> EpochEnded:
        """The end of an epoch; it has the numbers of the last one, too, if it completes it."""
        fields: dict[str, Any] = {_EPOCH_FIELDS[m]: measured(v) for m, v in numbers.items()}
        before = self._ended if self._completes(place) else None
        if before is None:
            before = EpochEnded(place.epoch, step=place.step, time=time)
        top1, loss = fields.get("top1"), fields.get("loss")
        best = self._best.is_best(top1, loss, was_best=before.best is True)
        scalars = {**before.scalars, **scalars}
        self._ended = replace(before, time=time, scalars=scalars, best=best, **fields)
        return self._ended


def _largest(column: NDArray[np.float64]) -> float:
    """The largest finite number of a column; 0 at least."""
    return float(column.max(initial=0.0, where=abs(column) < math.inf))


def _start(length: int, watched: Watched, place: Place, time: float) -> RunStarted:
    return RunStarted(
        attempt=watched.program,
        name=watched.program,
        recipe=None,
        resolved=None,
        host="",
        device="",
        classes=(),
        layers=(),
        parameters=0,
        macs=0,
        input=(0, 0, 0),
        train_images=0,
        validation_images=0,
        validation_is_test=False,
        steps_per_epoch=length,
        planned_steps=(watched.epochs or 0) * length,
        versions={},
        watched=watched,
        step=place.step,
        time=time,
    )


def _written(places: Numbers, given: Written) -> Written:
    """Where the columns of a row say that it stands, and else the format of the log."""
    return Written(
        places.get(Meaning.STEP, given.step),
        places.get(Meaning.EPOCH, given.epoch),
        places.get(Meaning.BATCH),
    )


def _steps(numbers: Numbers, scalars: dict[str, float], place: Place, time: float) -> Steps:
    fields: dict[str, Any] = {_STEPS_FIELDS[m]: measured(v) for m, v in numbers.items()}
    return Steps(place.epoch, step=place.step, time=time, scalars=scalars, **fields)
