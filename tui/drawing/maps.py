"""The maps pane: one validation image, and what a layer makes of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from engine.events import FeatureMap, FeatureMaps
from engine.text import harmless
from tui import text
from tui.drawing import axis, cells, numbers
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting
from tui.drawing.mistakes import class_name
from tui.drawing.shades import shades
from tui.drawing.spark import STEPS, bar
from tui.drawing.table import widest

# About so many rows are for a map with its caption, where there is room.
BAND = 8
# The largest picture, in rows.
PICTURE_ROWS = 16
# A pane narrower than this, and high, has the channels below the image.
TALL = 64
# The cells at the right of an image for its predictions.
BESIDE = 15


def maps_pane(
    maps: Mapping[str, FeatureMaps], layer: str, classes: Sequence[str], width: int, height: int
) -> list[Row]:
    """The image with its predictions, and the layer's channels beside or below it."""
    event = maps.get(layer)
    if event is None:
        rows = [cells.row(Span(" " + text.NO_MAPS, "dim"))]
    elif height >= PICTURE_ROWS + BAND and width < TALL:
        rows = _tall(event, classes, width, height)
    else:
        rows = _broad(event, classes, width, height)
    blank: list[Row] = [()] * (height - len(rows))
    return [cells.fit(row, width) for row in [*rows, *blank][:height]]


def maps_facts(event: FeatureMaps | None, classes: Sequence[str], room: int) -> Row:
    """`horse → horse .81`: what the image is and what it is taken for."""
    if event is None or not event.top:
        return ()
    best, probability = event.top[0]
    names = f"{class_name(classes, event.true)} → {class_name(classes, best)}"
    right = Span(names, "good" if best == event.true else "error")
    return fitting([(right, Span(" " + _probability(probability))), (right,)], room)


def maps_label(event: FeatureMaps) -> str:
    """`conv1  64×32×32`: the layer and the shape of its output."""
    return f"{harmless(event.layer)}  {'×'.join(str(size) for size in event.shape)}"


def maps_foot(event: FeatureMaps | None) -> Row:
    """`conv1  64×32×32   image 4217`: the layer, its output, and which validation image."""
    if event is None:
        return ()
    return (Span(maps_label(event)), Span(f"   {text.image(event.image)}", "dim"))


def _broad(event: FeatureMaps, classes: Sequence[str], width: int, height: int) -> list[Row]:
    """The image at the left with its predictions below it, the channels at the right."""
    # In a low pane a smaller image leaves room for a second channel.
    side = max(1, min(PICTURE_ROWS, height, width // (6 if height < PICTURE_ROWS else 4)))
    picture = [*_picture(event, side), *_predictions(event, classes, 2 * side)]
    grid = _grid(event.maps, width - 2 * side - 4, height)
    blanks: list[Row] = [()] * height
    return [
        cells.row(" ", *cells.fit(one, 2 * side), Span(" │ ", "border"), *other)
        for one, other in zip([*picture, *blanks], [*grid, *blanks], strict=False)
    ]


def _tall(event: FeatureMaps, classes: Sequence[str], width: int, height: int) -> list[Row]:
    """The image with its predictions at the right, the channels below."""
    side = max(1, min(PICTURE_ROWS, (width - BESIDE) // 2))
    said = [(), *_predictions(event, classes, width - 2 * side - 4), *[()] * side]
    above = [
        cells.row(" ", *cells.fit(one, 2 * side), "  ", *other)
        for one, other in zip(_picture(event, side), said, strict=False)
    ]
    grid = _grid(event.maps, width - 2, height - side - 1)
    return [*above, (), *(cells.row(" ", *row) for row in grid)]


def _picture(event: FeatureMaps, side: int) -> list[Row]:
    picture = event.picture
    lines = shades(
        _decoded(picture.data), picture.channels, picture.height, picture.width, 2 * side, side
    )
    return [cells.row(line) for line in lines]


def _predictions(event: FeatureMaps, classes: Sequence[str], width: int) -> list[Row]:
    """The true class, and the likeliest with a bar for their probabilities."""
    name = min(widest([class_name(classes, i) for i, _ in event.top]), width // 2)
    room = width - name - 5
    rows = [cells.row(Span(text.TRUE + " ", "dim"), class_name(classes, event.true))]
    for index, probability in event.top:
        ink: Ink = "good" if index == event.true else "plain"
        rows.append(
            cells.row(
                Span(cells.fit_text(class_name(classes, index), name), ink),
                Span(" " + bar(axis.share(probability, 0.0, 1.0), room), "dim"),
                cells.right(_probability(probability), 4),
            )
        )
    return rows


def _probability(value: float | None) -> str:
    """.81, 1.0 or nan."""
    return numbers.bare(f"{numbers.number(value):.2f}")[:4]


def _grid(maps: Sequence[FeatureMap], width: int, height: int) -> list[Row]:
    """As many channels as fit in bands, each below its caption."""
    bands = max(1, round(height / BAND))
    rows = height // bands - 1
    across = max(1, round((width + 1) / (2 * rows + 1))) if rows > 0 else 1
    cols = min((width + 1) // across - 1, 2 * rows + 4)
    rows = min(rows, (cols + 3) // 2)
    if rows < 1 or cols < 1:
        return []
    strongest = max((numbers.number(map_.high) for map_ in maps), default=0.0)
    grid: list[Row] = []
    for band in range(bands):
        shown = maps[band * across : (band + 1) * across]
        if shown:
            grid += _band(shown, cols, rows, strongest)
    return grid


def _band(maps: Sequence[FeatureMap], cols: int, rows: int, strongest: float) -> list[Row]:
    captions = (cells.fit_text(_caption(map_, strongest), cols) for map_ in maps)
    drawn = [shades(_decoded(m.data), 1, m.height, m.width, cols, rows) for m in maps]
    lines = (" ".join(line) for line in zip(*drawn, strict=True))
    return [(Span(" ".join(captions), "dim"),), *((Span(line),) for line in lines)]


def _caption(map_: FeatureMap, strongest: float) -> str:
    """The channel, and how strong it is beside the strongest."""
    strength = STEPS[round(7 * axis.share(map_.high, 0.0, strongest))]
    return f"c{map_.channel:02d} {strength}"


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except (binascii.Error, ValueError):
        return b""
