"""Pictures that are generated with the statistics of photographs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

# The blur of a lens, in pixels.
LENS = 0.7
SHAPES = 12


def photo(width: int, height: int, seed: int) -> Image.Image:
    """Colours whose amplitudes fall with the frequency as 1/f, and shapes with hard edges, seen by
    a lens. The same seed gives the same picture at the same size.
    """
    random = np.random.default_rng(seed)
    grey, *colours = (_clouds(width, height, random) for _ in range(4))
    pixels = np.stack([128 + 45 * (grey + 0.35 * colour) for colour in colours], 2)
    for _ in range(SHAPES):
        pixels[_shape(width, height, random)] += random.uniform(-90, 90, 3)
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    return picture.filter(ImageFilter.GaussianBlur(LENS))


def _clouds(width: int, height: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Noise (H, W) with a spectrum of 1/f and a standard deviation of 1."""
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequencies[0, 0] = 1
    parts = random.standard_normal((2, *frequencies.shape))
    noise = np.fft.irfft2((parts[0] + 1j * parts[1]) / frequencies, (height, width))
    clouds: npt.NDArray[np.float64] = noise / noise.std()
    return clouds


def _shape(width: int, height: int, random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Where (H, W) an ellipse or a bar is, of any size, place and angle."""
    angle = random.uniform(0, np.pi)
    across = np.arange(width) - random.uniform(0, width)
    down = (np.arange(height) - random.uniform(0, height))[:, None]
    along = across * np.cos(angle) + down * np.sin(angle)
    beside = down * np.cos(angle) - across * np.sin(angle)
    long, short = min(width, height) * random.uniform(0.02, 0.25, 2)
    ellipse: npt.NDArray[np.bool_] = (along / long) ** 2 + (beside / short) ** 2 < 1
    bar: npt.NDArray[np.bool_] = (abs(along) < long) & (abs(beside) < short / 5)
    return ellipse if random.uniform() < 0.5 else bar
