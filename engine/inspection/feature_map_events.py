"""The feature maps of an image, as events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from cnn_tui.byte_pictures import byte_grid
from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.feature_maps import record_feature_maps
from cnn_tui.readback import Readback
from cnn_tui.shown_limits import RECORDED_MAPS, MapLimits
from engine.data.base.dataset import Split
from engine.devices.forward_pass import Judge
from engine.inspection.pictures import picture, predictions
from engine.protocol.events import FeatureMap, FeatureMaps, measured
from engine.text import harmless


class FeatureMapReading:
    """The feature maps of an image, while the device still computes or copies them."""

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        normalise: Callable[[Tensor], Tensor],
        names: Sequence[str],
        judge: Judge,
        step: int,
        image: int = 0,
        limits: MapLimits = RECORDED_MAPS,
    ) -> None:
        """Run the model on the image: for the maps without autocast, and once more to judge it."""
        self._shown = split.one(image)
        normalised = normalise(self._shown.pixels[None].to(judge.device))
        found = record_feature_maps(model, normalised, names, *limits)
        with evaluation_mode(model):
            logits = judge.logits(model, normalised)[0].float()
        grids = [maps.grids for maps in found.layers.values()]
        self._shapes = {name: maps.shape for name, maps in found.layers.items()}
        self._readback = Readback(judge.device, [logits, *grids])
        self._picture, self._step = picture(self._shown.pixels), step

    def ready(self) -> bool:
        """Whether `events` returns without waiting."""
        return self._readback.ready()

    def events(self) -> list[FeatureMaps]:
        """One event for each layer. Waits for the device: a CPU-GPU sync unless `ready`."""
        logits, *grids = self._readback.wait()
        top = predictions(logits)
        return [
            FeatureMaps(
                step=self._step,
                layer=name,
                shape=shape,
                image=self._shown.at,
                name=harmless(self._shown.name),
                picture=self._picture,
                true=self._shown.label,
                top=top,
                maps=tuple(feature_map(channel, grid) for channel, grid in enumerate(maps)),
            )
            for (name, shape), maps in zip(self._shapes.items(), grids, strict=True)
        ]


def feature_map(channel: int, grid: Tensor) -> FeatureMap:
    """A grid (H, W) float32 scaled to bytes over its own range."""
    height, width, low, high, data = byte_grid(grid)
    return FeatureMap(channel, height, width, measured(low), measured(high), data)
