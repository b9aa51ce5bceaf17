"""The layout of the maps pane: the size of its pictures, and the grid of channels that fits."""

from __future__ import annotations

from typing import NamedTuple

from engine.protocol.events import FeatureMaps
from tui.drawing.tiles import MOST_ROWS, Tiles

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
        above = side + 2 + (0 if has_room_beside(side, width) else PREDICTION_ROWS)
        across, down = (width - 1) // (2 * side + 1), (height - above) // (side + 1)
    else:
        across, down = (width - 3 - 2 * side) // (2 * side + 1), height // (side + 1)
    return MapLayout(tall, side, max(0, across), max(0, down))


def has_room_beside(side: int, width: int) -> bool:
    return 2 * side + 4 + BESIDE <= width
