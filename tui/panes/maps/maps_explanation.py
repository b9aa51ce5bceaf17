"""Sentences that explain the feature maps or the kernels that are shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine import numbers
from engine.protocol.events import FeatureMaps, Kernels
from engine.text import harmless
from tui.drawing.mistakes import class_name
from tui.panes.maps import maps_text
from tui.shared_text import layer_named


def of_maps(
    event: FeatureMaps | None,
    classes: Sequence[str],
    layers: Sequence[str],
    at: str = "",
    *,
    never: bool = False,
) -> Iterator[str]:
    """What these maps show; `layers` are all layers that have maps, in order.

    `at` is when the network was so. `never` says that there will be none.
    """
    yield maps_text.EXPLAIN_MAPS
    if event is None:
        yield maps_text.EXPLAIN_NEVER_MAPS if never else maps_text.EXPLAIN_NO_MAPS
        return
    layer = layer_named(event.layer)
    yield maps_text.explain_shown(layer, event.image, harmless(event.name), at)
    if event.layer in layers and len(layers) > 1:
        yield maps_text.explain_place(layer, layers.index(event.layer) + 1, len(layers))
    if any(map_.low is None or map_.high is None for map_ in event.maps):
        yield maps_text.EXPLAIN_NOT_FINITE
    if event.top:
        yield _prediction(event, classes)


def _prediction(event: FeatureMaps, classes: Sequence[str]) -> str:
    predicted, probability = event.top[0]
    if not math.isfinite(numbers.number(probability)):
        return maps_text.EXPLAIN_NO_PREDICTION
    name, share = class_name(classes, predicted), numbers.percent(probability)
    if event.true < 0:
        return maps_text.explain_prediction(name, share)
    if predicted == event.true:
        return maps_text.explain_right(name, share)
    return maps_text.explain_wrong(name, share, class_name(classes, event.true))


def of_kernels(event: Kernels, at: str) -> Iterator[str]:
    """What these kernels show; `at` is when the network was so."""
    yield maps_text.explain_kernels(
        layer_named(event.layer), at, numbers.significant(event.largest)
    )
