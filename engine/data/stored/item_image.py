"""An item of a data set in Python as an image: from Pillow, NumPy or torch. Loads no torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from engine.data.stored import stored_text

WHITE = 255
CHANNELS = (1, 3)


def image_of(item: Any) -> Image.Image:
    """The image: a Pillow one, an array (H, W) or (H, W, C), or a tensor (H, W) or (C, H, W).

    Values are 0 to 255 as whole numbers, or 0 to 1 as fractions. Raises ValueError for others.
    """
    if isinstance(item, Image.Image):
        return item
    if is_tensor := hasattr(item, "detach"):
        item = item.detach().cpu().numpy()
    if not isinstance(item, np.ndarray):
        raise ValueError(stored_text.no_image(type(item).__name__))
    if item.ndim == 3 and (is_tensor or item.shape[2] not in CHANNELS):
        item = item.transpose(1, 2, 0)
    if item.ndim == 3 and item.shape[2] == 1:
        item = item[:, :, 0]
    if not item.size or not (item.ndim == 2 or (item.ndim == 3 and item.shape[2] == 3)):
        raise ValueError(stored_text.other_shape(item.shape))
    return Image.fromarray(np.ascontiguousarray(_pixels(item)))


def _pixels(values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    if values.dtype == np.uint8:
        return values
    white = 1 if values.dtype.kind in "fb" else WHITE
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= white):  # so that NaN is refused too
        raise ValueError(stored_text.out_of_range(low, high, white))
    scaled: np.ndarray[Any, np.dtype[np.uint8]] = (
        (values.astype(np.float64) * (WHITE / white)).round().astype(np.uint8)
    )
    return scaled
