"""Reports the steps of a script twice a second, without waiting for a device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

from cnn_tui.measured import rounded
from cnn_tui.watching import watching_text
from cnn_tui.watching.channel import tell
from cnn_tui.watching.script import Script
from cnn_tui.watching.step_means import LOSS, RATE, TOP1, Reading, StepMeans, Sums, add_sums
from cnn_tui.watching.step_times import StepTime, StepTimes

INTERVAL_SECONDS = 0.5


class Window(NamedTuple):
    """The steps of a report: the last one, its epoch, their sums on the way, and their time."""

    step: int
    epoch: int
    reading: Reading
    time: StepTime


class Reports:
    """The reports of a process that trains alone, or that alone speaks."""

    def __init__(
        self,
        script: Script,
        rate: Callable[[], float | Tensor | None],
        clock: Callable[[], float],
    ) -> None:
        """`rate` is the learning rate that the last step used."""
        self._script, self._rate, self._clock = script, rate, clock
        self.means, self.times = StepMeans(), StepTimes(clock)
        self._window: Window | None = None
        self._epoch_sums: Sums = {}
        # The first step is reported at once.
        self._due = clock()
        self._told_step = 0
        self._warned = False

    def after_step(self, now: float) -> None:
        """Start a report if one is due, and send the one whose numbers have arrived."""
        if self._window is None and now >= self._due:
            self._start()
        if self._window is not None and self._window.reading.ready():
            self._finish()

    def flush(self) -> None:
        """Report all that has not been. This waits for the device."""
        self._finish()
        self._start()
        self._finish()

    def take_epoch(self) -> tuple[Sums, StepTime]:
        """The sums and the time of the epoch that ends; its rate is the last one.

        This waits for the device, once an epoch.
        """
        self.flush()
        sums, self._epoch_sums = self._epoch_sums, {}
        return sums, self.times.take_epoch()

    def _start(self) -> None:
        self._due = self._clock() + INTERVAL_SECONDS
        rate = self._rate()
        if rate is not None:
            self.means.add(RATE, rate)
        reading = self._reading()
        script = self._script
        self._window = Window(script.step, script.epoch, reading, self.times.take())

    def _reading(self) -> Reading:
        """What was measured, on its way from the device."""
        try:
            return self.means.start_reading()
        except RuntimeError as error:  # such as numbers on two devices
            self.means = StepMeans()
            self._warn(watching_text.not_measured(error))
            return Reading({}, {})

    def _arrived(self, reading: Reading) -> Sums:
        """The sums that were read. This waits for the device if they have not arrived."""
        try:
            return reading.wait()
        except RuntimeError as error:  # what has failed on the device fails the script itself
            self._warn(watching_text.not_measured(error))
            return {}

    def _finish(self) -> None:
        """Send the report that is on its way. This waits for the device if it has not arrived."""
        window, self._window = self._window, None
        if window is not None:
            self._tell(window, self._arrived(window.reading), window.time.images)

    def _tell(self, window: Window, sums: Sums, images: int) -> None:
        if window.epoch == self._script.epoch:
            self._epoch_sums.pop(RATE, None)  # only the last one counts
            add_sums(self._epoch_sums, sums)
        if window.step > self._told_step or sums.keys() - {RATE}:
            self._told_step = window.step
            self._script.send(steps_event(window, sums, images))

    def _warn(self, sentence: str) -> None:
        if not self._warned:
            self._warned = True
            tell(sentence)


def steps_event(window: Window, sums: Sums, images: int) -> dict[str, Any]:
    """The event `Steps`; what was not measured is left out."""
    event: dict[str, Any] = {"type": "Steps", "step": window.step, "epoch": window.epoch}
    event.update(mean_fields(sums))
    seconds = window.time.seconds
    if seconds and images:
        event["images_per_second"] = rounded(images / seconds)
    if seconds and window.time.waited:
        event["waited"] = rounded(window.time.waited / seconds)
    scalars = {kind.name: mean for kind, mean in means(sums).items() if kind.name}
    if scalars:
        event["scalars"] = scalars
    return event


def mean_fields(sums: Sums, prefix: str = "") -> dict[str, float]:
    """The mean loss, accuracy and rate that were measured; with a prefix but for the rate."""
    found = means(sums)
    names = {LOSS: f"{prefix}loss", TOP1: f"{prefix}top1", RATE: "lr"}
    return {name: found[kind] for kind, name in names.items() if kind in found}


def means(sums: Sums) -> dict[Any, float]:
    return {kind: rounded(total / count) for kind, (total, count) in sums.items() if count}
