"""Pictures that need the network and the validation images: feature maps and mistaken images."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.feature_maps import default_layers, record_feature_maps
from engine.data.base.dataset import Dataset
from engine.devices.forward_pass import Judge
from engine.errors import DataError
from engine.inspection.pictures import predictions
from engine.protocol import events
from engine.report.confusions import Pair, worst_pairs
from engine.report.image_figures import (
    IN_A_ROW,
    MAPS,
    ImageMaps,
    LayerMaps,
    Mistaken,
    PairImages,
    Pixels,
)
from engine.report.picture_size import shrunk
from engine.report.run_facts import RunFacts

# A figure shows so many pairs, and maps with at most this side in pixels.
PAIRS, MAP_SIDE = 8, 64
# The layers whose maps are shown: the first convolutions.
LAYERS = 2


class NetworkPictures:
    """Makes the pictures of one network on its validation images."""

    def __init__(
        self,
        model: nn.Module,
        dataset: Dataset,
        normalise: Callable[[Tensor], Tensor],
        judge: Judge,
    ) -> None:
        self._model, self._dataset = model, dataset
        self._normalise, self._judge = normalise, judge

    def maps(self, image: int = 0) -> ImageMaps | None:
        """The feature maps of a validation image; None for a network without convolutions.

        Raises DataError where the image cannot be read.
        """
        names = default_layers(self._model)[:LAYERS]
        if not names:
            return None
        shown = self._dataset.validation.one(image)
        normalised = self._normalised(shown.pixels)
        found = record_feature_maps(self._model, normalised, names, MAPS, MAP_SIDE)
        (predicted, likely), *_ = predictions(self._logits(normalised))
        classes = self._dataset.classes
        layers = tuple(
            LayerMaps(name, maps.shape[0], tuple(np.nan_to_num(maps.grids.cpu().numpy())))
            for name, maps in found.layers.items()
        )
        pixels = shrunk(shown.pixels.numpy(), 256)
        return ImageMaps(pixels, classes[shown.label], classes[predicted], likely, layers)

    def mistakes(self, facts: RunFacts) -> list[PairImages]:
        """Images of the most frequent mistakes; pairs without a known image are left out."""
        found = ((pair, _images_of(pair, facts)) for pair in worst_pairs(facts.cells))
        known = islice(((pair, images) for pair, images in found if images), PAIRS)
        return [PairImages(pair, tuple(self._mistaken(pair, images))) for pair, images in known]

    def _mistaken(self, pair: Pair, images: Sequence[int]) -> Iterable[Mistaken]:
        for index in images:
            try:
                shown = self._dataset.validation.one(index)
            except DataError:
                continue
            if shown.at != index:
                continue  # it cannot be read any more
            logits = self._logits(self._normalised(shown.pixels))
            likely = events.measured(float(logits.softmax(0)[pair.predicted]))
            yield Mistaken(shrunk(shown.pixels.numpy(), 96), likely)

    def _normalised(self, pixels: Tensor) -> Tensor:
        """The input (1, C, H, W) for an image (C, H, W) uint8."""
        return self._normalise(pixels[None].to(self._judge.device))

    def _logits(self, normalised: Tensor) -> Tensor:
        """The logits (classes,) of one image."""
        with evaluation_mode(self._model):
            return self._judge.logits(self._model, normalised)[0].float().cpu()


def _images_of(pair: Pair, facts: RunFacts) -> Sequence[int]:
    """The images of a mistake, the surest ones first where their probabilities are known."""
    known = facts.predictions
    if known is None:
        return facts.examples.get((pair.true, pair.predicted), ())[:IN_A_ROW]
    [found] = np.nonzero((known.labels == pair.true) & (known.predicted == pair.predicted))
    surest = np.argsort(-known.probability[found], kind="stable")[:IN_A_ROW]
    return [int(index) for index in found[surest]]


def recorded_maps(
    recorded: Iterable[events.FeatureMaps], classes: Sequence[str]
) -> ImageMaps | None:
    """The maps that a run recorded while it trained, of its first layers; None without any."""
    layers = [event for event in recorded if event.maps][:LAYERS]
    if not layers:
        return None
    shown = layers[0].picture
    predicted, likely = layers[0].top[0] if layers[0].top else (layers[0].true, None)
    return ImageMaps(
        shrunk(_bytes(shown.data).reshape(shown.channels, shown.height, shown.width), 256),
        classes[layers[0].true],
        classes[predicted],
        likely,
        tuple(LayerMaps(one.layer, one.shape[0], _grids(one)) for one in layers),
    )


def _grids(event: events.FeatureMaps) -> tuple[NDArray[np.float32], ...]:
    return tuple(
        _bytes(one.data).reshape(one.height, one.width).astype(np.float32)
        for one in event.maps[:MAPS]
    )


def _bytes(data: str) -> Pixels:
    return np.frombuffer(base64.b64decode(data), np.uint8)
