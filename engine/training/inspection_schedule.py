"""When the layers' health and the feature maps are measured and reported during training."""

from __future__ import annotations

from collections.abc import Callable

from engine.inspection.feature_map_events import FeatureMapReading
from engine.inspection.layer_events import LayerHealthReading
from engine.inspection.output_range import Ending
from engine.protocol import events
from engine.protocol.events import Event, Scalars
from engine.training import training_text
from engine.training.pace import Pace


class InspectionSchedule:
    """The inspections whose numbers are still on their way to the host, at most one per kind."""

    def __init__(self, pace: Pace, read_maps: Callable[[], FeatureMapReading]) -> None:
        """`read_maps` starts to read feature maps."""
        self._pace, self._read_maps = pace, read_maps
        self._maps: FeatureMapReading | None = None
        self._health: tuple[LayerHealthReading, int] | None = None
        self._scalars: Scalars = {}
        # Whether an alert has said that the logits go through an activation function.
        self.ending_alerted = False

    def health_is_due(self, step: int) -> bool:
        """Whether to measure the layers in this 0-based step."""
        return self._health is None and (step == 0 or self._pace.is_due("health"))

    def await_health(self, reading: LayerHealthReading, step: int) -> None:
        """Report the layers' health after the step of this number (from 1) once it has arrived."""
        self._health = reading, step

    def arrived(self) -> list[Event]:
        """The events whose numbers have arrived; starts to read feature maps where they are due."""
        found: list[Event] = []
        if self._maps is None and self._pace.is_due("maps"):
            self._maps = self._read_maps()
        if self._maps is not None and self._maps.ready():
            found += self._maps.events()
            self._maps = None
        if self._health is not None and self._health[0].ready():
            reading, step = self._health
            found.append(reading.event(step))
            self._scalars = reading.scalars()
            found += self._ending_alert(reading.ending(), step)
            self._health = None
        return found

    def _ending_alert(self, ending: Ending | None, step: int) -> list[Event]:
        """An alert about an activation function after the logits, once."""
        if ending is None or self.ending_alerted:
            return []
        self.ending_alerted = True
        return [events.Alert("warning", events.ENDING, training_text.ENDINGS[ending], step=step)]

    def take_scalars(self) -> Scalars:
        """The numbers that arrived since they were last taken."""
        taken, self._scalars = self._scalars, {}
        return taken

    def maps(self) -> list[Event]:
        """Read feature maps now. This waits for the device, so call it between epochs only."""
        found: list[Event] = [*self._read_maps().events()]
        self._maps = None
        self._pace.reset("maps")
        return found
