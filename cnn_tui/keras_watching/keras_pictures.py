"""Images, kernels and feature maps as small pictures of bytes, from NumPy arrays."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_tui.measured import measured
from cnn_tui.shown_limits import MOST_KERNELS, PICTURE_SIDE

Floats = NDArray[np.float32]


def picture(image: Floats, low: float, high: float) -> dict[str, Any]:
    """The picture of an image (C, H, W), averaged to 32×32 at most; `high` is white."""
    small = averaged(image, PICTURE_SIDE)
    return _picture((small - low) / max(high - low, 1e-30) * 255)


def kernel_pictures(layer: str, kernel: Floats) -> dict[str, Any]:
    """`events.Kernels` of a kernel (height, width, in, out), all scaled alike around zero."""
    weights = kernel.transpose(3, 2, 0, 1)
    shown = weights if weights.shape[1] == 3 else weights.mean(1, keepdims=True)
    shown = shown[:MOST_KERNELS]
    largest = float(np.abs(shown).max())
    scaled = np.nan_to_num((shown / max(largest, 1e-30) + 1) * 127.5, nan=127.5)
    return {
        "type": "Kernels",
        "layer": layer,
        "shape": weights.shape,
        "largest": measured(largest),
        "kernels": [_picture(one) for one in scaled],
    }


def feature_map(channel: int, values: Floats) -> dict[str, Any]:
    """`events.FeatureMap` of a grid (H, W), scaled to bytes over its own range."""
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / max(high - low, 1e-30) * 255
    sides = {"height": values.shape[0], "width": values.shape[1]}
    scale = {"low": measured(low), "high": measured(high)}
    return {"channel": channel, **sides, **scale, "data": _base64(scaled)}


def averaged(image: Floats, side: int) -> Floats:
    """An image (C, H, W) averaged to at most (side, side), as torch's adaptive pooling does."""
    return _averaged_along(_averaged_along(image, side, 1), side, 2)


def _averaged_along(values: Floats, side: int, axis: int) -> Floats:
    size = values.shape[axis]
    count = min(size, side)
    spans = [range(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
    return np.concatenate(
        [values.take(span, axis).mean(axis, keepdims=True) for span in spans], axis
    )


def _picture(values: Floats) -> dict[str, Any]:
    """A picture of values (C, H, W) from 0 to 255; more than three channels become their mean."""
    shown = values if len(values) in (1, 3) else values.mean(0, keepdims=True)
    channels, height, width = shown.shape
    return {"channels": channels, "height": height, "width": width, "data": _base64(shown)}


def _base64(values: Floats) -> str:
    pixels = np.nan_to_num(values, nan=0.0).round().clip(0, 255).astype(np.uint8)
    return base64.b64encode(pixels.tobytes()).decode("ascii")
