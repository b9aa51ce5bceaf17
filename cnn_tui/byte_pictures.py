"""Images, kernels and feature maps as small pictures of bytes, and predictions for an image.

A picture is base64 of row-major uint8 values, which any protocol can carry. All tensors are on the
CPU.
"""

from __future__ import annotations

import base64
import ctypes
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.class_ranking import ClassRanking
from cnn_tui.kernels import kernels
from cnn_tui.shown_limits import MOST_KERNELS, PICTURE_SIDE, TOP_CLASSES


class Picture(NamedTuple):
    """Bytes (channels, height, width) as base64."""

    channels: int
    height: int
    width: int
    data: str


class ByteGrid(NamedTuple):
    """A grid (height, width) as base64: a byte b stands for `low + b / 255 * (high - low)`.

    All bytes are zero if a value is not finite.
    """

    height: int
    width: int
    low: float
    high: float
    data: str


class KernelPictures(NamedTuple):
    """The first kernels of a convolution of this `shape`, (out, in, height, width).

    A byte b stands for the weight (b / 127.5 - 1) * `largest`.
    """

    shape: tuple[int, ...]
    largest: float
    pictures: tuple[Picture, ...]


def picture(pixels: Tensor, side: int = PICTURE_SIDE) -> Picture:
    """The picture of pixels (C, H, W) uint8, averaged to at most `side` × `side`."""
    channels, height, width = pixels.shape
    height, width = min(height, side), min(width, side)
    small = F.adaptive_avg_pool2d(pixels.float(), (height, width)).round().to(torch.uint8)
    return Picture(channels, height, width, base64_of(small))


def base64_of(values: Tensor) -> str:
    """Values uint8 in row-major order. Needs no NumPy."""
    contiguous = values.contiguous()
    data = ctypes.string_at(contiguous.data_ptr(), contiguous.numel())
    return base64.b64encode(data).decode("ascii")


def byte_grid(grid: Tensor) -> ByteGrid:
    """A grid (H, W) float32 scaled to bytes over its own range."""
    values = grid.double()
    low, high = values.aminmax()
    scaled = (values - low) / (high - low).clamp(min=1e-300) * 255
    data = base64_of(scaled.nan_to_num(0.0, 0.0, 0.0).round().to(torch.uint8))
    height, width = grid.shape
    return ByteGrid(height, width, float(low), float(high), data)


def predictions(logits: Tensor) -> list[tuple[int, float]]:
    """The three first classes for logits (classes,), each with its probability."""
    classes = ClassRanking(logits[None]).first(TOP_CLASSES)[0]
    return list(zip(classes.tolist(), logits.softmax(0)[classes].tolist()))


def kernel_pictures(model: nn.Module, layer: str) -> KernelPictures:
    """The kernels of a convolution, all scaled alike around zero. Waits for the device."""
    found = kernels(model, layer)
    shown = found.pictures[:MOST_KERNELS].cpu()
    largest = float(shown.abs().max())
    scaled = (shown / max(largest, 1e-30) + 1) * 127.5
    pixels = scaled.nan_to_num(127.5, 255.0, 0.0).round().clamp(0, 255).to(torch.uint8)
    channels, height, width = pixels.shape[1:]
    pictures = tuple(Picture(channels, height, width, base64_of(one)) for one in pixels)
    return KernelPictures(found.shape, largest, pictures)
