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

from msgspec.structs import replace

from engine.logs import logs_text
from engine.logs.best_epochs import BestEpochs
from engine.logs.column_roles import Role
from engine.logs.columns import PLACES, Meaning
from engine.logs.learnt import Learnt
from engine.logs.row_places import Place, RowPlaces, Written
from engine.protocol.events import Alert, EpochEnded, Event, RunStarted, Steps, Watched, measured

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
_SCALAR = Role()


class _Row:
    """The numbers of a row, sorted."""

    def __init__(self) -> None:
        self.places: dict[Meaning, float] = {}
        self.of_steps: dict[Meaning, float] = {}
        self.of_epoch: dict[Meaning, float] = {}
        self.scalars: dict[str, float] = {}
        self.ends = False

    def add(self, name: str, role: Role, value: float) -> None:
        if role.dropped:
            return
        self.ends |= role.of_epoch
        if role.meaning is None:
            self.scalars[name] = value
        elif role.meaning in PLACES:
            if math.isfinite(value):
                self.places[role.meaning] = value
        elif role.of_epoch:
            self.of_epoch[role.meaning] = value
        else:
            self.of_steps[role.meaning] = value

    def accuracies(self) -> dict[Meaning, float]:
        both = {**self.of_steps, **self.of_epoch}
        return {meaning: both[meaning] for meaning in _ACCURACIES & both.keys()}


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
        # The names whose meaning was told, and of them those that are plain scalars.
        self._told: set[str] = set()
        self._plain: set[str] = set()
        # The accuracies that were taken for fractions.
        self._fractions: set[Meaning] = set()
        self._tag_epoch: int | None = None
        self._is_outdated = self._is_told_that_rows_count = False

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
            self._role(name)

    def _role(self, name: str) -> Role:
        role = self.learnt.names.get(name)
        if role is None:
            self._is_outdated |= self.learnt.meet(name) and bool(self._told)
            role = self.learnt.names[name]
        if role == _SCALAR:
            self._plain.add(name)
        return role

    def add(self, step: int | None, time: float, values: Mapping[str, float]) -> list[Event]:
        """The events of a row.

        `step` is the step as written, where the format itself gives one, and `time` is in unix
        seconds. `values` are the numbers that were measured, NaN and infinities among them.
        """
        over_epochs = self._over_epochs(step, values)
        if over_epochs:
            events = self._row(Written(epoch=step), time, over_epochs)
            rest = {name: value for name, value in values.items() if name not in over_epochs}
            return events + self._row(Written(step), time, rest) if rest else events
        return self._row(Written(step), time, values)

    def _over_epochs(self, step: int | None, values: Mapping[str, float]) -> dict[str, float]:
        """The numbers whose step is an epoch; see `columns.Column.over_epochs`."""
        learnt = self.learnt
        if step is None or learnt.tags_count_steps or len(self._plain) == len(learnt.names):
            return {}
        special = [name for name in values if name not in self._plain]
        found = {name: values[name] for name in special if self._role(name).over_epochs}
        if found and self._tag_epoch is not None and step > self._tag_epoch + 1:
            learnt.tags_count_steps = self._is_outdated = True
            learnt.has_epochs = learnt.epochs_from_zero = False
        if found:
            self._tag_epoch = step
        return found

    def _row(self, written: Written, time: float, values: Mapping[str, float]) -> list[Event]:
        row = self._sorted(values)
        places = row.places
        written = Written(
            places.get(Meaning.STEP, written.step),
            places.get(Meaning.EPOCH, written.epoch),
            places.get(Meaning.BATCH),
        )
        time = places.get(Meaning.TIME, time)
        place = self._places.add(written, row.ends)
        if place is None or not (row.of_steps or row.of_epoch or row.scalars):
            return []
        self._learn_units(row.accuracies())
        told = [*self._begun(place, time), *self._columns_read(values, place, time)]
        for numbers in (row.of_steps, row.of_epoch):
            self._make_fractions(numbers)
        return [*told, *self._measured(row, place, time)]

    def _sorted(self, values: Mapping[str, float]) -> _Row:
        plain, row = self._plain, _Row()
        special = [name for name in values if name not in plain]
        for name in special:
            row.add(name, self._role(name), values[name])
        if not special:
            row.scalars = dict(values)
        elif len(special) < len(values):
            row.scalars.update((name, value) for name, value in values.items() if name in plain)
        return row

    def _learn_units(self, accuracies: dict[Meaning, float]) -> None:
        percent = self.learnt.percent
        for together in _TOGETHER:
            largest = max(accuracies.get(meaning, 0.0) for meaning in together)
            if not together <= percent and _LARGEST_FRACTION < largest < math.inf:
                percent |= together
                self._is_outdated |= not self._fractions.isdisjoint(together)
        self._fractions |= accuracies.keys() - percent

    def _make_fractions(self, numbers: dict[Meaning, float]) -> None:
        for meaning in self.learnt.percent & numbers.keys():
            numbers[meaning] /= 100.0

    def _begun(self, place: Place, time: float) -> Iterator[Event]:
        """The start, and once more where the unit or the length of an epoch has been found."""
        length = self._places.steps_per_epoch
        unit: Literal["epoch", "step"] = "step" if length is None else "epoch"
        started = self._started
        if started is not None and (started.steps_per_epoch, self._unit) == (length or 1, unit):
            return
        self._unit = unit
        self._started = RunStarted(
            attempt=self._watched.program,
            name=self._watched.program,
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
            steps_per_epoch=length or 1,
            planned_steps=(self._watched.epochs or 0) * (length or 1),
            versions={},
            watched=replace(self._watched, unit=unit),
            step=place.step,
            time=time,
        )
        yield self._started

    def _columns_read(
        self, values: Mapping[str, float], place: Place, time: float
    ) -> Iterator[Event]:
        """An alert that says how columns are read which have a number for the first time."""
        new = [n for n in values if n not in self._plain and n not in self._told]
        self._told.update(new)
        known = {name: self._role(name).meaning for name in new}
        read = {
            name: meaning for name, meaning in known.items() if meaning and meaning not in PLACES
        }
        if new and self._places.counts_rows and not self._is_told_that_rows_count:
            self._is_told_that_rows_count = True
            yield self._alert(logs_text.ROWS_COUNTED, place, time)
        if read:
            yield self._alert(logs_text.columns_read(read, self.learnt.percent), place, time)

    def _alert(self, text: str, place: Place, time: float) -> Alert:
        return Alert(level="info", code=COLUMNS, text=text, step=place.step, time=time)

    def _measured(self, row: _Row, place: Place, time: float) -> Iterator[Event]:
        ended = self._ended
        completed = ended if ended and (ended.epoch, ended.step) == place[:2] else None
        ends = row.ends or place.is_epoch or completed is not None
        if not ends:
            yield _steps(row.of_steps, row.scalars, place, time)
            return
        if Meaning.LOSS in row.of_steps and Meaning.LOSS in row.of_epoch:
            yield _steps(row.of_steps, {}, place, time)
        fields: dict[str, Any] = {
            _EPOCH_FIELDS[meaning]: measured(value)
            for meaning, value in {**row.of_steps, **row.of_epoch}.items()
        }
        if completed is None:
            completed = EpochEnded(place.epoch, step=place.step, time=time)
        fields["best"] = self._best.is_best(fields.get("top1"), fields.get("loss"), completed.best)
        scalars = {**completed.scalars, **row.scalars}
        self._ended = replace(completed, time=time, scalars=scalars, **fields)
        yield self._ended


def _steps(
    numbers: dict[Meaning, float], scalars: dict[str, float], place: Place, time: float
) -> Steps:
    fields: dict[str, Any] = {_STEPS_FIELDS[m]: measured(v) for m, v in numbers.items()}
    return Steps(place.epoch, step=place.step, time=time, scalars=scalars, **fields)
