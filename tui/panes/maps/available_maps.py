"""The feature maps that a run can show."""

from __future__ import annotations

from typing import NamedTuple

from engine.protocol.events import FeatureMaps
from engine.run.history import History

# The most channels in one reply.
MOST_CHANNELS = 1024


class AvailableMaps(NamedTuple):
    """The maps of all layers, which can be requested; of a past epoch, those in the journal."""

    history: History
    past: bool

    @property
    def newest(self) -> int:
        """The step of the newest maps in the journal."""
        return max((event.step for event in self.history.maps.values()), default=0)

    @property
    def images(self) -> int:
        return max(1, self.history.run.validation_images if self.history.run else 1)

    def recorded(self, layer: str) -> FeatureMaps | None:
        """The maps of this layer in the journal, else those of the first layer that it has."""
        maps = self.history.maps
        return maps.get(layer) or next(iter(maps.values()), None)

    def names(self) -> list[str]:
        """The layers whose maps can be shown."""
        if self.past:
            return [name for name in self.layers() if name in self.history.maps]
        return self.layers()

    def layers(self) -> list[str]:
        """The layers that have maps."""
        run = self.history.run
        if run is None:
            return list(self.history.maps)
        return [layer.name for layer in run.layers if len(layer.output) == 3]

    @property
    def are_none(self) -> bool:
        """Whether the run has begun with a network that shows no maps."""
        return self.history.run is not None and not self.layers()

    def channels(self, event: FeatureMaps) -> int:
        """The channels that can be shown: at most as many as a reply or the journal holds."""
        if self.past:
            return len(event.maps)
        return min(MOST_CHANNELS, max(len(event.maps), *event.shape[:1]))

    def receptive_field(self, layer: str) -> int:
        """The side of the part of an image that this layer sees; 0 if it is not known."""
        layers = self.history.run.layers if self.history.run else ()
        return next((each.receptive for each in layers if each.name == layer), 0)
