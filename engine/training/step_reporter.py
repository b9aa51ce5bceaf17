"""Reports training steps, rarely enough for a journal and a viewer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

from msgspec import UNSET

from engine.inspection.feature_map_events import FeatureMapReading
from engine.inspection.layer_events import LayerHealthReading
from engine.protocol import events
from engine.protocol.events import Event, measured
from engine.training import training_text
from engine.training.inspection_schedule import InspectionSchedule
from engine.training.metrics import Means, RunningMetrics
from engine.training.non_finite_guard import NonFiniteGuard
from engine.training.pace import Pace
from engine.training.progress import Progress
from engine.training.step_timer import StepTime, StepTimer


class Reporter(Protocol):
    """Decides which measurements of the training steps are taken and reported."""

    def health_is_due(self, step: int) -> bool:
        """Whether to measure the layers in this 0-based step."""

    def await_health(self, reading: LayerHealthReading, step: int) -> None:
        """Report the layers' health after this step once it has arrived."""

    def is_due(self) -> bool:
        """Whether it is time to read the metrics."""

    def read_metrics(self) -> None:
        """Start to copy the metrics since the last reading to the host, on all ranks."""

    def arrived(self) -> list[Event]:
        """The events whose numbers have arrived."""

    def maps(self) -> list[Event]:
        """Feature maps, between epochs."""


class Window(NamedTuple):
    """The steps of a report: the last one, its epoch, and the time of them all."""

    step: int
    epoch: int
    time: StepTime


class StepReporter:
    """The reporter of the rank that leads."""

    def __init__(
        self,
        clock: Callable[[], float],
        progress: Progress,
        timer: StepTimer,
        metrics: RunningMetrics,
        guard: NonFiniteGuard,
        classes: int,
        read_maps: Callable[[], FeatureMapReading],
    ) -> None:
        self._progress, self._timer, self._metrics = progress, timer, metrics
        self._guard, self._classes = guard, classes
        self._pace = Pace(clock)
        self._inspections = InspectionSchedule(self._pace, read_maps)
        self._window = Window(0, 0, StepTime(0.0, 0.0))

    def health_is_due(self, step: int) -> bool:
        return self._inspections.health_is_due(step)

    def await_health(self, reading: LayerHealthReading, step: int) -> None:
        self._inspections.await_health(reading, step)

    def maps(self) -> list[Event]:
        return self._inspections.maps()

    def is_due(self) -> bool:
        """Also due after the first step of an attempt, and after a loss that is not finite."""
        urgent = not self._window.step or self._guard.unreported
        return not self._metrics.is_reading and (urgent or self._pace.is_due("steps"))

    def read_metrics(self) -> None:
        self._metrics.start_reading()
        self._window = Window(self._progress.step, self._progress.epoch, self._timer.take())

    def arrived(self) -> list[Event]:
        means = self._metrics.poll()
        inspected = self._inspections.arrived()
        return (self._report(means) if means is not None else []) + inspected

    def _report(self, means: Means) -> list[Event]:
        step, epoch, (seconds, waited) = self._window
        report = events.Steps(
            epoch,
            measured(means.loss),
            measured(means.top1),
            self._progress.rate(step - 1),
            measured(means.images / seconds) if seconds else None,
            measured(waited / seconds) if seconds else UNSET,
            self._inspections.take_scalars(),
            step=step,
        )
        if not math.isfinite(means.loss):
            alert = self._guard.alert(step)
        else:
            judged = step == 1 and not self._inspections.ending_alerted
            alert = self._first_loss(means.loss) if judged else None
        return [report] if alert is None else [report, alert]

    def _first_loss(self, loss: float) -> events.Alert:
        """The alert that compares the first loss with that of a guess."""
        sentence = training_text.first_loss(loss, math.log(self._classes), self._classes)
        return events.Alert("info", "first-loss", sentence, step=1)


class SilentReporter:
    """The reporter of every other rank: it takes part in the sums and never reports."""

    def __init__(self, metrics: RunningMetrics) -> None:
        self._metrics = metrics

    def read_metrics(self) -> None:
        self._metrics.start_reading()

    def health_is_due(self, step: int) -> bool:
        return False

    def await_health(self, reading: LayerHealthReading, step: int) -> None:
        raise AssertionError("no layers were measured")

    def is_due(self) -> bool:
        return False

    def arrived(self) -> list[Event]:
        return []

    def maps(self) -> list[Event]:
        return []
