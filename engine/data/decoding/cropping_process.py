"""What a process loads that crops images: torch, with one thread. Imported by no other process.

An image is too small to be shared by threads, and the other cores have processes of their own.
"""

from __future__ import annotations

import torch

from engine.data.decoding import decode
from engine.data.decoding.decode import canvas_or_view
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.making import Making
from engine.data.decoding.resampling import cropped
from engine.data.stored.stored_image import StoredImage

torch.set_num_threads(1)


def view(stored: StoredImage, image_format: ImageFormat, making: Making) -> tuple[Pixels, float]:
    """As `decode.view`, but cropped where there are crops."""
    crops = making.crops
    if crops is None:
        return decode.view(stored, image_format, making)
    canvas, outside = canvas_or_view(stored, image_format, making)
    placement = crops.cropping.drawn(crops.epoch, crops.indices[0], canvas)
    return cropped(canvas, placement, crops.size), outside
