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
from tui.drawing import axis, cells
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.curve_facts import epoch_number
from tui.drawing.frame import fitting
from tui.drawing.mistakes import class_name
from tui.drawing.shades import decoded, pictured
from tui.drawing.spark import GAP, STEPS, bar
from tui.drawing.table import widest
from tui.drawing.tiles import MOST_ROWS, Tiles, tiled
from tui.panes.maps import maps_text

# The usual number of rows of a map with its caption.
BAND = 8
# The rows of an image of 32×32 pixels with two pixels in a cell; doubled if there is room.
PICTURE_ROWS = 16
# A high pane narrower than this has the channels below the image.
TALL = 64
# The rows for the class of the image and its predictions.
PREDICTION_ROWS = 4
# The cells for the predictions on the right of an image.
BESIDE = 15


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
        rows = [cells.row(Span(" " + maps_text.NO_MAPS, "dim"))]
    elif _is_tall(width, height):
        rows = _tall(event, classes, width, height, view)
    else:
        rows = _broad(event, classes, width, height, view)
    return cells.filled(rows, width, height)


def maps_facts(event: FeatureMaps | None, classes: Sequence[str], room: int) -> Row:
    """`horse → horse .81`: the class of the image and the top prediction."""
    if event is None or not event.top:
        return ()
    best, probability = event.top[0]
    names = f"{class_name(classes, event.true)} → {class_name(classes, best)}"
    right = Span(names, "good" if best == event.true else "error")
    return fitting([(right, Span(" " + numbers.probability(probability))), (right,)], room)


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


def maps_tiles(event: FeatureMaps, width: int, height: int) -> Tiles:
    """The grid of channels in a pane of this inner size.

    It holds all channels if each then gets at least `BAND` rows; otherwise a page of them.
    """
    if _is_tall(width, height):
        below = PREDICTION_ROWS if _has_predictions_below(width, height) else 0
        width, height = width - 2, height - _side(width, height) - below - 1
    else:
        width -= 2 * _side(width, height) + 4
    count, page = len(event.maps), _page(width, height)
    whole = (
        _tiles(across, math.ceil(count / across), width, height)
        for across in range(1, min(count, max(1, width)) + 1)
    )
    largest = max(whole, key=lambda tiles: tiles.cols * tiles.rows, default=page)
    return largest if largest.rows >= page.rows else page


def _page(width: int, height: int) -> Tiles:
    """The grid of channels of about `BAND` rows each."""
    down = max(1, round(height / BAND))
    rows = max(1, height // down - 1)
    across = max(1, round((width + 1) / (2 * rows + 1)))
    return _tiles(across, down, width, height)


def _tiles(across: int, down: int, width: int, height: int) -> Tiles:
    """A grid of this many channels, as large as possible, about as high as wide."""
    rows = min(MOST_ROWS, height // down - 1)
    cols = min((width + 1) // across - 1, 2 * min(rows + 2, MOST_ROWS))
    rows = min(rows, (cols + 3) // 2)
    return Tiles(across, down, cols, rows) if rows > 0 and cols > 0 else Tiles(0, 0, 0, 0)


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


def _is_tall(width: int, height: int) -> bool:
    return height >= PICTURE_ROWS + BAND and width < TALL


def _has_predictions_below(width: int, height: int) -> bool:
    """Whether a tall pane has no room for the predictions beside the image."""
    return 2 * _side(width, height) + BESIDE > width


def _side(width: int, height: int) -> int:
    """The height of the image in rows."""
    if _is_tall(width, height):
        beside = min(PICTURE_ROWS, (width - BESIDE) // 2)
        # The channels keep half of the pane.
        alone = min(2 * PICTURE_ROWS, (width - 2) // 2, height // 2 - PREDICTION_ROWS - 2)
        return max(1, beside, alone)
    if height >= PICTURE_ROWS:
        most = min(height - PREDICTION_ROWS, width // 4)
        return 2 * PICTURE_ROWS if most >= 2 * PICTURE_ROWS else max(1, min(PICTURE_ROWS, most))
    # In a low pane, a smaller image leaves room for a second channel.
    return max(1, min(height, width // 6))


def _broad(
    event: FeatureMaps, classes: Sequence[str], width: int, height: int, view: MapView
) -> list[Row]:
    """The image on the left with its predictions below it, the channels on the right."""
    side = _side(width, height)
    picture = [
        *pictured(event.picture, 2 * side, side, view.coloured),
        *_predictions(event, classes, 2 * side),
    ]
    grid = _grid(event, width, height, view)
    blanks: list[Row] = [()] * height
    return [
        cells.row(" ", *cells.fit(one, 2 * side), Span(" │ ", "border"), *other)
        for one, other in zip([*picture, *blanks], [*grid, *blanks], strict=False)
    ]


def _tall(
    event: FeatureMaps, classes: Sequence[str], width: int, height: int, view: MapView
) -> list[Row]:
    """The image with its predictions on its right or below it, then the channels."""
    side = _side(width, height)
    picture = pictured(event.picture, 2 * side, side, view.coloured)
    blanks: list[Row] = [()] * side
    if _has_predictions_below(width, height):
        beside = [*_predictions(event, classes, 2 * side), *blanks]
        above = [cells.row(" ", *row) for row in (*picture, *beside[:PREDICTION_ROWS])]
    else:
        beside = [(), *_predictions(event, classes, width - 2 * side - 4), *blanks]
        above = [
            cells.row(" ", *cells.fit(one, 2 * side), "  ", *other)
            for one, other in zip(picture, beside, strict=False)
        ]
    return [*above, (), *(cells.row(" ", *row) for row in _grid(event, width, height, view))]


def _predictions(event: FeatureMaps, classes: Sequence[str], width: int) -> list[Row]:
    """The true class, then the top predictions with bars for their probabilities."""
    name = min(widest([class_name(classes, i) for i, _ in event.top]), width // 2)
    room = width - name - 5
    rows = [cells.row(Span(shared_text.TRUE + " ", "dim"), class_name(classes, event.true))]
    for index, probability in event.top:
        ink: Ink = "good" if index == event.true else "plain"
        rows.append(
            cells.row(
                Span(cells.fit_text(class_name(classes, index), name), ink),
                Span(" " + bar(axis.share(probability, 0.0, 1.0), room), "dim"),
                cells.right(numbers.probability(probability), 4),
            )
        )
    return rows


def _grid(event: FeatureMaps, width: int, height: int, view: MapView) -> list[Row]:
    """A page of the channels, each below its caption."""
    tiles = maps_tiles(event, width, height)
    maps = ordered(event, view.strongest)
    means = [activation(map_) for map_ in event.maps]
    strongest = max((mean for mean in means if math.isfinite(mean)), default=0.0)
    shown = [maps[i] for i in tiles.page(view.first, len(maps))]
    pictures = [Picture(1, map_.height, map_.width, map_.data) for map_ in shown]
    captions = [_caption(map_, strongest) for map_ in shown]
    return tiled(pictures, captions, tiles, view.coloured)


def _caption(map_: FeatureMap, strongest: float) -> str:
    """The channel, and its strength relative to the strongest one as a block."""
    mean = activation(map_)
    strength = STEPS[round(7 * axis.share(mean, 0.0, strongest))] if math.isfinite(mean) else GAP
    return f"c{map_.channel:02d} {strength}"
