"""Canvases for tests of cropping."""

from __future__ import annotations

import numpy as np
import torch

from engine.data.decoding.canvas import Canvas


def empty_canvas(width: int, height: int, size: tuple[int, int] | None = None) -> Canvas:
    """A black canvas; `size` is that of its image, where it is another one."""
    return Canvas(np.zeros((height, width, 3), np.uint8), size or (width, height))


def photographic(width: int, height: int, channels: int = 3, seed: int = 0) -> Canvas:
    """Noise whose amplitude falls with the frequency as in photographs, to the power of 1.2."""
    generator = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(generator.standard_normal((channels, height, width)))
    y, x = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    frequency = np.maximum(np.hypot(x, y), 1 / max(height, width))
    values = np.fft.irfft2(spectrum / frequency**1.2, (height, width))
    values = 128 + 50 * (values - values.mean()) / max(values.std(), 1)
    pixels = values.clip(0, 255).round().astype(np.uint8).transpose(1, 2, 0)
    return Canvas(np.ascontiguousarray(pixels), (width, height))


def planar(canvas: Canvas) -> torch.Tensor:
    """The pixels of a canvas as torchvision has them, (C, H, W)."""
    return torch.from_numpy(canvas.pixels).permute(2, 0, 1).contiguous()
