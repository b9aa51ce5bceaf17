"""How much of a model and of its mistakes is shown, whichever framework computes it."""

from __future__ import annotations

from typing import NamedTuple


class MapLimits(NamedTuple):
    """The largest number of channels of a layer, and the largest side of their grids."""

    channels: int
    side: int


# The side of a picture, in pixels.
PICTURE_SIDE = 32
TOP_CLASSES = 3
# A convolution may have thousands of kernels. Only the first ones are shown.
MOST_KERNELS = 256
# A screen shows no more images than this.
MOST_IMAGES = 64
# For the maps that a run records while it trains, and for the reply to a request.
RECORDED_MAPS, REQUESTED_MAPS = MapLimits(16, 16), MapLimits(1024, 32)
# With more classes, only the cells of a confusion matrix that are not zero are listed.
DENSE_CLASSES = 100
# The number of worst cells with example images, and of images for each.
WORST_CELLS, CELL_IMAGES = 64, 16
# The predicted class that stands for all mistakes of the true class; see the protocol.
ANY_MISTAKE = -1
