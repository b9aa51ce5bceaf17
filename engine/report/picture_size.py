"""Images as small pictures for a report."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def shrunk(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Pixels (C, H, W) as a picture (H, W) or (H, W, 3) whose sides have at most so many pixels.

    Of two, or more than three channels, the first or the first three are shown.
    """
    shown = np.moveaxis(pixels[:3], 0, 2) if len(pixels) >= 3 else pixels[0]
    picture = Image.fromarray(np.ascontiguousarray(shown))
    picture.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(picture)
