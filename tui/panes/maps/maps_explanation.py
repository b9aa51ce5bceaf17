"""Sentences that explain the feature maps or the kernels that are shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine import numbers
from engine.protocol.events import FeatureMaps, Kernels
from engine.text import harmless
from tui.drawing.curve_facts import epoch_number
from tui.drawing.mistakes import class_name
from tui.panes.maps import maps_text


def of_maps(
    event: FeatureMaps | None,
    classes: Sequence[str],
    layers: Sequence[str],
    steps_per_epoch: int,
    *,
    never: bool = False,
) -> Iterator[str]:
    """What these maps show; `layers` are all layers that have maps, in order.

    `never` says that there will be none.
    """
    yield maps_text.EXPLAIN_MAPS
    if event is None:
        yield maps_text.EXPLAIN_NEVER_MAPS if never else maps_text.EXPLAIN_NO_MAPS
        return
    layer, epoch = harmless(event.layer), epoch_number(event.step / steps_per_epoch)
    yield maps_text.explain_shown(layer, event.image, harmless(event.name), epoch)
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
    if predicted == event.true:
        return maps_text.explain_right(name, share)
    return maps_text.explain_wrong(name, share, class_name(classes, event.true))


def of_kernels(event: Kernels, steps_per_epoch: int) -> Iterator[str]:
    """What these kernels show."""
    epoch = epoch_number(event.step / steps_per_epoch)
    yield maps_text.explain_kernels(
        harmless(event.layer), epoch, numbers.significant(event.largest)
    )
