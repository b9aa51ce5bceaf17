"""What a training shows of its inside, when it is time: its layers in a step, feature maps."""

from __future__ import annotations

from collections.abc import Callable

from engine.inspection.feature_map_events import FeatureMapReading
from engine.inspection.layer_events import LayerHealthReading
from engine.protocol.events import Event, Scalars
from engine.training.pace import Pace


class InspectionSchedule:
    """The looks of one training that are on their way; `probe` begins to read feature maps."""

    def __init__(self, pace: Pace, probe: Callable[[], FeatureMapReading]) -> None:
        self._pace, self._probe = pace, probe
        self._maps: FeatureMapReading | None = None
        self._examined: tuple[LayerHealthReading, int] | None = None
        self._scalars: Scalars = {}

    def due(self, step: int) -> bool:
        """Whether to examine the layers in this 0-based step: it is time, and the last is told."""
        return self._examined is None and (step == 0 or self._pace.due("health"))

    def examined(self, reading: LayerHealthReading, step: int) -> None:
        """The reading has the layers' health at the end of this step."""
        self._examined = reading, step

    def arrived(self) -> list[Event]:
        """What has arrived; feature maps are sent for where it is time."""
        found: list[Event] = []
        if self._maps is None and self._pace.due("maps"):
            self._maps = self._probe()
        if self._maps is not None and self._maps.ready():
            found += self._maps.events()
            self._maps = None
        if self._examined is not None and self._examined[0].ready():
            reading, step = self._examined
            found.append(reading.event(step))
            self._scalars = reading.scalars()
            self._examined = None
        return found

    def take_scalars(self) -> Scalars:
        """The numbers that arrived since they were last taken."""
        taken, self._scalars = self._scalars, {}
        return taken

    def maps(self) -> list[Event]:
        """Feature maps now; waits for the device, between epochs only."""
        found: list[Event] = [*self._probe().events()]
        self._maps = None
        self._pace.reset("maps")
        return found
