"""The inside of the maps pane: one validation image, and the feature maps of a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine import numbers
from engine.protocol.events import FeatureMap, FeatureMaps, Picture
from tui import shared_text
from tui.drawing import axis, cells
from tui.drawing.cells import Row, Span
from tui.drawing.mistakes import class_name
from tui.drawing.predictions import prediction_rows
from tui.drawing.shades import decoded, pictured
from tui.drawing.spark import GAP, STEPS
from tui.drawing.tiles import Tiles, tiled
from tui.panes.maps import maps_text
from tui.panes.maps.map_layout import MapLayout, has_room_beside, map_layout

# From this width on, a caption has room for a word about its block.
WORDED = 11


class MapView(NamedTuple):
    """The view of the maps: the first one, whether strong ones come first, and the colours."""

    first: int = 0
    strongest: bool = False
    coloured: bool = False


PLAIN = MapView()


def maps_pane(
    event: FeatureMaps | None,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MapView = PLAIN,
    none: str = maps_text.NO_MAPS,
) -> list[Row]:
    """The image with its predictions, and the layer's channels beside or below it.

    Without an event, the sentence `none`.
    """
    if event is None:
        return cells.filled([cells.row(Span(" " + none, "dim"))], width, height)
    layout = map_layout(len(event.maps), width, height)
    if layout.tall:
        rows = _tall(event, classes, width, layout, view)
    else:
        rows = _broad(event, classes, height, layout, view)
    return cells.filled(rows, width, height)


@lru_cache(4096)
def activation(map_: FeatureMap) -> float:
    """The mean of a map; NaN if its range is not finite."""
    low, high = numbers.number(map_.low), numbers.number(map_.high)
    data = decoded(map_.data)
    return low + sum(data) / max(1, len(data)) / 255 * (high - low)


def ordered(event: FeatureMaps, strongest: bool) -> list[FeatureMap]:
    """The maps by number, or by their mean: the highest first, means that are not finite last."""
    if not strongest:
        return list(event.maps)
    means = {map_.channel: activation(map_) for map_ in event.maps}
    return sorted(event.maps, key=lambda m: -_finite(means[m.channel]))


def _finite(mean: float) -> float:
    return mean if math.isfinite(mean) else -math.inf


def _broad(
    event: FeatureMaps, classes: Sequence[str], height: int, layout: MapLayout, view: MapView
) -> list[Row]:
    """The image on the left with its predictions below it, the channels on the right."""
    side = layout.side
    left = [*_input(event, side, view), *_predictions(event, classes, 2 * side)]
    grid = _grid(event, layout.tiles, view)
    blanks: list[Row] = [()] * height
    return [
        cells.row(" ", *cells.fit(one, 2 * side), Span(" │ ", "border"), *other)
        for one, other in zip([*left, *blanks], [*grid, *blanks], strict=False)
    ]


def _tall(
    event: FeatureMaps, classes: Sequence[str], width: int, layout: MapLayout, view: MapView
) -> list[Row]:
    """The image with its predictions on its right or below it, then the channels."""
    side = layout.side
    above = _input(event, side, view)
    if has_room_beside(side, width):
        beside = [(), *_predictions(event, classes, width - 2 * side - 4), *[()] * side]
        above = [
            cells.row(*cells.fit(one, 2 * side), "  ", *other)
            for one, other in zip(above, beside, strict=False)
        ]
    else:
        above += _predictions(event, classes, width - 2)
    return [cells.row(" ", *row) for row in (*above, (), *_grid(event, layout.tiles, view))]


def _input(event: FeatureMaps, side: int, view: MapView) -> list[Row]:
    """The image below its caption."""
    rows = pictured(event.picture, 2 * side, side, view.coloured)
    return [(Span(shared_text.INPUT, "dim"),), *rows]


def _predictions(event: FeatureMaps, classes: Sequence[str], width: int) -> list[Row]:
    """The true class, if there is one, then the top predictions with bars for their shares."""
    if event.true < 0:
        return prediction_rows(event.top, None, classes, width)
    true = cells.row(Span(shared_text.TRUE + " ", "dim"), class_name(classes, event.true))
    return [cells.shortened(true, width), *prediction_rows(event.top, event.true, classes, width)]


def _grid(event: FeatureMaps, tiles: Tiles, view: MapView) -> list[Row]:
    """A page of the channels, each below its caption."""
    maps = ordered(event, view.strongest)
    means = [activation(map_) for map_ in event.maps]
    strongest = max((mean for mean in means if math.isfinite(mean)), default=0.0)
    shown = [maps[i] for i in tiles.page(view.first, len(maps))]
    pictures = [Picture(1, map_.height, map_.width, map_.data) for map_ in shown]
    captions = [_caption(map_, strongest, tiles.cols) for map_ in shown]
    return tiled(pictures, captions, tiles, view.coloured)


def _caption(map_: FeatureMap, strongest: float, width: int) -> str:
    """`c03  mean ▅`: the channel, and its mean relative to the strongest one as a block."""
    mean = activation(map_)
    strength = STEPS[round(7 * axis.share(mean, 0.0, strongest))] if math.isfinite(mean) else GAP
    word = f" {maps_text.MEAN}" if width >= WORDED else ""
    return f"c{map_.channel:02d}{word} {strength}"
