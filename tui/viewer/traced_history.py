"""The history of a training that is compared with others: its curves point by point.

A dashboard shows a few hundred columns of one run. Here some runs are laid over each other, against
time as well, and zoomed into. What takes long and is not compared is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from msgspec import UNSET

from engine.numbers import number
from engine.protocol import events
from engine.protocol.events import MaybeMeasured
from engine.protocol.step_columns import StepColumns
from engine.run.fold import IMAGES_PER_SECOND, MOST_SCALARS
from engine.run.history import PACE_REPORTS, History
from tui.viewer.points import Points

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
        # Reports that stand in no column yet, with the seconds of the run by then.
        self._waiting: list[tuple[events.Steps, float]] = []
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

    def _fold_steps(self, event: events.Steps) -> None:
        self.step = max(self.step, event.step) if self.is_log else event.step
        self._waiting.append((event, self._active))
        self._speeds.append(event.images_per_second)
        self._has_reported = True
        if len(self._waiting) >= AT_ONCE:
            self._write_waiting()

    def _fold_epoch(self, event: events.EpochEnded) -> None:
        super()._fold_epoch(event)
        told = {name: getattr(event, name) for name in VALIDATION} | event.scalars
        if not self._has_reported:  # its epochs are shorter than its reports, or it has none
            told |= {name: getattr(event, name) for name in TRAINING}
        self._has_reported = False
        for name, value in told.items():
            self._add(name, [event.step], [self._active], [value])

    def _fold_columns(self, columns: StepColumns) -> None:
        self.step = max(self.step, int(columns.steps.max()))
        self._has_reported = True
        self._write_waiting()
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
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        reports = [report for report, _ in waiting]
        steps = [report.step for report in reports]
        elapsed = [seconds for _, seconds in waiting]
        self._add("train_loss", steps, elapsed, [report.loss for report in reports])
        self._add("train_top1", steps, elapsed, [report.top1 for report in reports])
        self._add("lr", steps, elapsed, [report.lr for report in reports])
        speeds = [report.images_per_second for report in reports]
        self._add(IMAGES_PER_SECOND, steps, elapsed, speeds)
        for name in dict.fromkeys(name for report in reports for name in report.scalars):
            told = [report.scalars.get(name, UNSET) for report in reports]
            self._add(name, steps, elapsed, told)

    def _add(
        self,
        name: str,
        steps: Sequence[int],
        elapsed: Sequence[float],
        values: Sequence[MaybeMeasured],
    ) -> None:
        """Add those of the values that were measured; None is one that was not finite."""
        known = [i for i, value in enumerate(values) if value is not UNSET]
        if len(known) < len(values):
            steps, elapsed = [steps[i] for i in known], [elapsed[i] for i in known]
            values = [values[i] for i in known]
        if known and (points := self._of(name)) is not None:
            points.add(*(np.array(column, np.float64) for column in (steps, elapsed, values)))

    def _of(self, name: str) -> Points | None:
        """The points of a quantity; None for a scalar beyond the most that have a curve."""
        if name not in self._points:
            if len(self._points) >= MOST_SCALARS:
                self.has_more_scalars = True
                return None
            self._points[name] = Points()
        return self._points[name]
