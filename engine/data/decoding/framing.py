"""Cuts from an image what the network sees of it outside the training. Loads no torch."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.data.decoding.canvas import Canvas
from engine.data.decoding.image_format import ImageFormat, Pixels


def framed(canvas: Canvas, image_format: ImageFormat) -> Pixels:
    """The pixels (C, size, size) that `fit` and `crop_pct` show of an image, with its margin."""
    pixels = canvas.pixels.squeeze(2) if canvas.pixels.shape[2] == 1 else canvas.pixels
    return fitted(Image.fromarray(pixels), canvas.size, image_format)


def fitted(image: Image.Image, size: tuple[int, int], image_format: ImageFormat) -> Pixels:
    """The same of a whole image in grey or RGB, whose true width and height are `size`."""
    inner = image_format.size - 2 * image_format.frame
    seen = seen_part(size, image_format)
    target = (inner, inner)
    if image_format.fit == "pad":
        width, height = (max(1, round(inner * part / max(seen))) for part in seen)
        target = (width, height)
    (left, right), (top, bottom) = (
        ((true - part) / 2 * own / true, (true + part) / 2 * own / true)
        for true, part, own in zip(size, seen, image.size, strict=True)
    )
    resized = image.resize(target, Image.Resampling.BILINEAR, (left, top, right, bottom))
    if target != (inner, inner):
        resized = _on_black(resized, inner)
    array = np.asarray(resized).reshape(inner, inner, image_format.channels).transpose(2, 0, 1)
    return with_margin(array, image_format.frame)


def seen_part(size: tuple[int, int], image_format: ImageFormat) -> tuple[float, float]:
    """Width and height, in pixels of the image, of the part at the centre that is seen."""
    if image_format.fit == "crop":
        side = min(size) * image_format.crop_pct
        return side, side
    width, height = (whole * image_format.crop_pct for whole in size)
    if image_format.fit == "squash":
        return width, height
    longer = max(width, height)  # the side of the square whose rest is black
    return min(size[0], longer), min(size[1], longer)


def _on_black(image: Image.Image, side: int) -> Image.Image:
    """The image at the centre of a black square."""
    square = Image.new(image.mode, (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def with_margin(array: Pixels, margin: int) -> Pixels:
    """An image (C, H, W) with its outermost pixels repeated on each side, so many times."""
    if not margin:
        return array
    return np.pad(array, [(0, 0), (margin, margin), (margin, margin)], "edge")
