"""The history of a training that is compared with others: its curves point by point.

A dashboard shows a few hundred columns of one run. Here some runs are laid over each other, against
time as well, and zoomed into. What takes long and is not compared is left out.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import UNSET

from engine.numbers import number
from engine.protocol import events
from engine.protocol.events import Event, MaybeMeasured
from engine.protocol.step_columns import LogEvent, StepColumns
from engine.run.fold import GAP_SECONDS, IMAGES_PER_SECOND, MOST_SCALARS
from engine.run.history import PACE_REPORTS, History
from tui.viewer.points import Column, Points

# What the journal holds for other views of a run.
NOT_COMPARED = (
    events.Hardware,
    events.LayerHealth,
    events.FeatureMaps,
    events.Confusion,
    events.Heartbeat,
)
# The names of the quantities: of the validation of each epoch, and of the training.
VALIDATION = ("top1", "loss", "top5", "balanced")
TRAINING = ("train_loss", "train_top1", "lr")
# So many reports are put into columns at once.
AT_ONCE = 4096


class TracedHistory(History):
    """A history whose curves are `Points` by the names of the quantities."""

    def __init__(self) -> None:
        super().__init__()
        self._points: dict[str, Points] = {}
        # Reports that stand in no column yet, and the seconds of the run by then.
        self._waiting: list[events.Steps] = []
        self._seconds: list[float] = []
        self._waiting_epochs: list[tuple[int, float, events.Scalars]] = []
        # How many of the reports `_note_reports` knows.
        self._noted = 0
        self._has_reported = False
        self._speeds: deque[MaybeMeasured] = deque(maxlen=PACE_REPORTS)

    @property
    def quantities(self) -> dict[str, Points]:
        """What was measured, by its name."""
        self._write_waiting()
        return self._points

    @property
    def pace(self) -> float | None:
        measured = sorted(speed for value in [*self._speeds] if (speed := number(value)) > 0)
        return measured[len(measured) // 2] if measured else None

    def at_rest(self) -> TracedHistory:
        """A copy for another thread, whose epochs and pace stay as they are now."""
        found = copy.copy(self)
        found.epochs, found._speeds = [*self.epochs], self._speeds.copy()
        return found

    def fold(self, new: Iterable[LogEvent]) -> frozenset[type[Event]]:
        """As `Fold.fold`. Of a long run nearly all events are reports, so these are folded here."""
        kinds: set[type[Event]] = set()
        for event in new:
            if type(event) is not events.Steps:
                kinds |= super().fold((event,))
                continue
            seconds = event.time - self.last_time
            if not self.paused:
                usual = self.last_time and 0.0 <= seconds <= GAP_SECONDS
                self._active += seconds if usual else self._seconds_since_last(event)
            self._waiting.append(event)
            self._seconds.append(self._active)
            self.last_seq, self.last_time = event.seq, event.time
        return frozenset(kinds | self._note_reports())

    def _note_reports(self) -> frozenset[type[Event]]:
        """Take what is needed at once from the reports that wait since the last event of others."""
        fresh = self._waiting[self._noted :]
        if not fresh:
            return frozenset()
        last = fresh[-1].step
        self.step = max(self.step, *(one.step for one in fresh)) if self.is_log else last
        self._speeds.extend(report.images_per_second for report in fresh[-PACE_REPORTS:])
        self._has_reported = True
        self._noted = len(self._waiting)
        if self._noted >= AT_ONCE:
            self._write_waiting()
        return frozenset({events.Steps})

    def _fold_other(self, event: Event) -> None:
        self._note_reports()
        super()._fold_other(event)

    def _fold_epoch(self, event: events.EpochEnded) -> None:
        super()._fold_epoch(event)
        told = {name: getattr(event, name) for name in VALIDATION} | event.scalars
        if not self._has_reported:  # its epochs are shorter than its reports, or it has none
            told |= {name: getattr(event, name) for name in TRAINING}
        self._has_reported = False
        self._waiting_epochs.append((event.step, self._active, told))

    def _fold_columns(self, columns: StepColumns) -> None:
        self.step = max(self.step, int(columns.steps.max()))
        self._has_reported = True
        times = columns.times
        since_first = np.zeros(len(times))
        since_first[1:] = (times[1:] - times[:-1]).clip(min=0.0).cumsum()
        elapsed = self._active - since_first[-1] + since_first
        steps = columns.steps.astype(np.float64)
        self._speeds.extend(report.images_per_second for report in columns.reports(-PACE_REPORTS))
        told = {
            "train_loss": columns.loss,
            "train_top1": columns.top1,
            "lr": columns.lr,
            IMAGES_PER_SECOND: columns.images_per_second,
        }
        for name, values in (*told.items(), *columns.scalars.items()):
            if values is not None and (points := self._of(name)) is not None:
                points.add(steps, elapsed, np.where(np.isfinite(values), values, np.nan))

    def _add_point(self, point: events.Steps) -> None:
        self._note_newest(point)

    def _fold_scalars(self, step: int, scalars: events.Scalars) -> None:
        """The scalars of an epoch are points as well."""

    def _fold_load(self, event: events.Hardware) -> None:
        """The load of the machine is not compared."""

    def _write_waiting(self) -> None:
        if self._waiting_epochs:
            self._write_epochs()
        if self._waiting:
            self._write_reports()

    def _write_epochs(self) -> None:
        waiting, self._waiting_epochs = self._waiting_epochs, []
        steps, elapsed, told = zip(*waiting, strict=True)
        places = np.array((steps, elapsed), np.float64)
        for name in dict.fromkeys(name for one in told for name in one):
            self._add(name, places, [one.get(name, UNSET) for one in told])

    def _write_reports(self) -> None:
        reports, self._waiting, self._noted = self._waiting, [], 0
        elapsed, self._seconds = self._seconds, []
        places = np.array(([report.step for report in reports], elapsed), np.float64)
        self._add("train_loss", places, [report.loss for report in reports])
        self._add("train_top1", places, [report.top1 for report in reports])
        self._add("lr", places, [report.lr for report in reports])
        self._add(IMAGES_PER_SECOND, places, [report.images_per_second for report in reports])
        for name in dict.fromkeys(name for report in reports for name in report.scalars):
            self._add(name, places, [report.scalars.get(name, UNSET) for report in reports])

    def _add(self, name: str, places: Column, values: Sequence[MaybeMeasured]) -> None:
        """Add those of the values that were measured; None is one that was not finite.

        `places` (2, n) are their steps and seconds.
        """
        if UNSET in values:
            known = [i for i, value in enumerate(values) if value is not UNSET]
            places, values = places[:, known], [values[i] for i in known]
        if values and (points := self._of(name)) is not None:
            points.add(places[0], places[1], np.array(values, np.float64))

    def _of(self, name: str) -> Points | None:
        """The points of a quantity; None for a scalar beyond the most that have a curve."""
        if name not in self._points:
            if len(self._points) >= MOST_SCALARS:
                self.has_more_scalars = True
                return None
            self._points[name] = Points()
        return self._points[name]
