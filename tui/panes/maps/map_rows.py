"""The maps pane: one validation image, and the feature maps of a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine import numbers
from engine.protocol.events import FeatureMap, FeatureMaps, Kernels, Picture
from engine.text import harmless
from tui import shared_text
from tui.drawing import axis, cells, predictions
from tui.drawing.cells import Row, Span
from tui.drawing.curve_facts import epoch_number
from tui.drawing.frame import fitting
from tui.drawing.mistakes import class_name
from tui.drawing.predictions import prediction_rows
from tui.drawing.shades import decoded, pictured
from tui.drawing.spark import GAP, STEPS
from tui.drawing.tiles import MOST_ROWS, Tiles, tiled
from tui.panes.maps import maps_text

# The usual number of rows of a map with its caption.
BAND = 8
# In a tall pane, the image has at most this many rows: 32 pixels with two in a cell.
PICTURE_ROWS = 16
# A high pane narrower than this has the channels below the image.
TALL = 64
# The rows for the class of the image and its predictions.
PREDICTION_ROWS = 4
# The cells for the predictions on the right of an image.
BESIDE = 22
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
) -> list[Row]:
    """The image with its predictions, and the layer's channels beside or below it."""
    if event is None:
        return cells.filled([cells.row(Span(" " + maps_text.NO_MAPS, "dim"))], width, height)
    layout = map_layout(len(event.maps), width, height)
    if layout.tall:
        rows = _tall(event, classes, width, layout, view)
    else:
        rows = _broad(event, classes, height, layout, view)
    return cells.filled(rows, width, height)


def maps_facts(event: FeatureMaps | None, classes: Sequence[str], room: int) -> Row:
    """`✗ dog 81.0 %   true cat`, or a shorter form: the top prediction, and whether it is right."""
    if event is None or not event.top:
        return ()
    best, probability = event.top[0]
    sign = predictions.verdict(best, event.true)
    name = sign._replace(text=sign.text + class_name(classes, best))
    share = Span(" " + numbers.share(probability))
    true = Span(f"   {shared_text.TRUE} {class_name(classes, event.true)}", "dim")
    forms: list[Row] = [(name, share), (name,)]
    if best != event.true:
        forms = [(name, share, true), (name, true), *forms]
    return fitting([*forms, (sign._replace(text=sign.text.strip()),)], room)


def maps_label(event: FeatureMaps) -> str:
    """`conv1  64×32×32`: the layer and the shape of its output."""
    return f"{harmless(event.layer)}  {maps_text.times(event.shape)}"


def maps_foot(
    event: FeatureMaps | None, steps_per_epoch: int, room: int, receptive: int = 0
) -> Row:
    """`conv1  64×32×32  sees 3×3 px   image 4217   epoch 12`, or a shorter form.

    These are the layer, its output, its receptive field, the image, and the epoch of the network.
    """
    if event is None:
        return ()
    label = Span(maps_label(event))
    sees = Span(f"  {maps_text.sees(receptive)}" if receptive else "", "dim")
    image = Span(f"   {maps_text.image(event.image)}", "dim")
    when = Span(f"   {maps_when(event, steps_per_epoch)}", "dim")
    name = Span(harmless(event.layer))
    alone = when._replace(text=when.text.strip())
    forms = [(label, image, when), (name, image, when), (name, when), (alone,)]
    return fitting([cells.row(label, sees, image, when), *forms], room) or forms[-1]


def maps_when(event: FeatureMaps | Kernels, steps_per_epoch: int) -> str:
    """`epoch 12`: the epoch of the network."""
    return shared_text.at_epoch(epoch_number(event.step / max(1, steps_per_epoch)))


def waiting_foot(layer: str, image: int) -> Row:
    """`conv2   image 18  waiting …`: an open request."""
    requested = f"{harmless(layer)}   {maps_text.image(image)}  "
    return (Span(requested), Span(maps_text.WAITING, "selected"))


def maps_range(event: FeatureMaps | None, width: int, height: int, view: MapView) -> Row:
    """`1-6 of 64  strongest first`: the channels that are shown, and their order."""
    if event is None or not event.maps:
        return ()
    page = maps_tiles(event, width, height).page(view.first, len(event.maps))
    if not page:
        return ()
    channels = max(len(event.maps), *event.shape[:1])
    order = Span(f"  {maps_text.STRONGEST_FIRST}" if view.strongest else "", "dim")
    return cells.row(shared_text.some_of(page[0] + 1, page[-1] + 1, channels), order)


class MapLayout(NamedTuple):
    """An image and a grid of channels of the same size, `side` rows and twice as many columns.

    So a spot of the image is found again in each channel. In a `tall` pane the channels stand below
    the image, with the predictions beside it or, without room, between them.
    """

    tall: bool
    side: int
    across: int
    down: int

    @property
    def tiles(self) -> Tiles:
        return Tiles(self.across, self.down, 2 * self.side, self.side)


def maps_tiles(event: FeatureMaps, width: int, height: int) -> Tiles:
    """The grid of channels in a pane of this inner size."""
    return map_layout(len(event.maps), width, height).tiles


def map_layout(count: int, width: int, height: int) -> MapLayout:
    """The largest layout that holds all channels, if they get the usual size; otherwise a page."""
    tall = height >= PICTURE_ROWS + BAND and width < TALL
    layouts = [
        _layout(tall, side, width, height) for side in range(_most(tall, width, height), 0, -1)
    ]
    usual = _usual(tall, width, height)
    whole = (one for one in layouts if one.across * one.down >= count and one.side >= usual)
    return next(whole, None) or _layout(tall, usual, width, height)


def _most(tall: bool, width: int, height: int) -> int:
    """The largest side of a picture that leaves room for one channel and the predictions."""
    if tall:
        beside = (width - BESIDE - 4) // 2
        return min(PICTURE_ROWS, beside if beside >= BAND - 1 else (width - 2) // 2)
    below = PREDICTION_ROWS if height >= PICTURE_ROWS else 0
    return min(MOST_ROWS, height - 1 - below, (width - 4) // 4)


def _usual(tall: bool, width: int, height: int) -> int:
    """The side of a picture on a page that does not hold all channels."""
    if tall:
        usual = BAND - 1
    elif height >= PICTURE_ROWS:
        usual = height // max(1, round(height / BAND)) - 1
    else:
        # In a low pane, smaller pictures leave room for a second and a third channel.
        usual = min(height - 1, width // 8)
    return max(1, min(usual, _most(tall, width, height)))


def _layout(tall: bool, side: int, width: int, height: int) -> MapLayout:
    """The grid beside or below an image of this side; it may hold nothing."""
    if tall:
        above = side + 2 + (0 if _has_room_beside(side, width) else PREDICTION_ROWS)
        across, down = (width - 1) // (2 * side + 1), (height - above) // (side + 1)
    else:
        across, down = (width - 3 - 2 * side) // (2 * side + 1), height // (side + 1)
    return MapLayout(tall, side, max(0, across), max(0, down))


def _has_room_beside(side: int, width: int) -> bool:
    return 2 * side + 4 + BESIDE <= width


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
    if _has_room_beside(side, width):
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
    """The true class, then the top predictions with bars for their probabilities."""
    true = cells.row(Span(shared_text.TRUE + " ", "dim"), class_name(classes, event.true))
    return [true, *prediction_rows(event.top, event.true, classes, width)]


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
