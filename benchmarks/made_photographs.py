"""Generated photographs, for benchmarks and tests: no camera took them, and no class is in them.

They have what decoding and resampling meet in real ones: a spectrum whose amplitude falls as the
inverse of the frequency (Field 1987, "Relations between the statistics of natural images and the
response properties of cortical cells"), things of all sizes that hide each other, with sharp edges
(the dead leaves of Lee, Mumford and Huang 2001, "Occlusion models for natural images"), and fine
grain. A seed gives the same picture at each size, but for its finest parts.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Floats = npt.NDArray[np.float32]

# So many photographs of a folder differ; the others are copies, since making a large one takes
# seconds.
DIFFERENT, CLASSES = 16, 2
LEAVES = 600
# Sides of the leaves as shares of the picture's shorter side: small ones are the most frequent.
SMALLEST_LEAF, LARGEST_LEAF = 0.05, 1.5
# Standard deviations of the three parts, of 255; with these a file has about 0.3 bytes a pixel.
COARSE, COLOURED, GRAIN = 15.0, 4.0, 1.5
QUALITY = 90
# Radius in pixels of the blur of a lens.
LENS = 0.6


class Sides(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def photograph(sides: Sides, seed: int) -> Image.Image:
    """A generated photograph in RGB."""
    picture = np.asarray(leaves(sides, seed).filter(ImageFilter.GaussianBlur(LENS)), np.float32)
    draws = np.random.default_rng(seed)
    picture += COARSE * pink(sides, draws)[..., None]
    picture += COLOURED * np.stack([pink(sides, draws) for _ in range(3)], axis=2)
    picture += GRAIN * draws.standard_normal(picture.shape, np.float32)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def leaves(sides: Sides, seed: int) -> Image.Image:
    """Ellipses and boxes of one colour each, large and small, that hide each other."""
    draws, shorter = np.random.default_rng(seed), min(sides)
    image = Image.new("RGB", sides, (128, 128, 128))
    pen = ImageDraw.Draw(image)
    # The frequency of a size falls as its third power.
    share = draws.random(LEAVES)
    least, most = SMALLEST_LEAF**-2, LARGEST_LEAF**-2
    for side in shorter * (least + share * (most - least)) ** -0.5:
        wide, tall = side * draws.uniform(0.5, 1, 2) / 2
        x, y = draws.random(2) * sides
        colour = tuple(int(value) for value in draws.normal(120, 45) + draws.normal(0, 25, 3))
        shape = pen.ellipse if draws.random() < 0.7 else pen.rectangle
        shape((x - wide, y - tall, x + wide, y + tall), fill=colour)
    return image


def pink(sides: Sides, draws: np.random.Generator) -> Floats:
    """Noise (H, W) with a mean of 0, a deviation of 1, and an amplitude of 1 / frequency."""
    width, height = sides
    spectrum = np.fft.rfft2(draws.standard_normal((height, width), np.float32))
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    spectrum /= np.maximum(np.hypot(down, across), 1 / max(sides))
    noise = np.fft.irfft2(spectrum, (height, width)).astype(np.float32)
    noise -= noise.mean()
    noise /= noise.std()
    return noise


def write(folder: Path, count: int, sides: Sides, different: int = DIFFERENT) -> None:
    """Write so many JPEGs into folders of classes; those after the first `different` are copies."""
    for number in range(count):
        file = _file(folder, number, number % different)
        if number < different:
            photograph(sides, seed=number).save(file, quality=QUALITY)
        else:
            shutil.copyfile(_file(folder, number % different, number % different), file)


def write_cut(folder: Path, count: int, side: int) -> None:
    """Write so many small square JPEGs, which differ: each is cut from a photograph."""
    whole = [photograph(Sides(500, 375), seed) for seed in range(DIFFERENT)]
    draws = np.random.default_rng(0)
    for number in range(count):
        image = whole[number % DIFFERENT]
        left, top = (int(draws.integers(0, length - side + 1)) for length in image.size)
        cut = image.crop((left, top, left + side, top + side))
        cut.save(_file(folder, number, number % DIFFERENT), quality=QUALITY)


def _file(folder: Path, number: int, seed: int) -> Path:
    # A photograph and its copies have one class.
    of_class = folder / f"class{seed % CLASSES}"
    of_class.mkdir(parents=True, exist_ok=True)
    return of_class / f"{number:05}.jpg"
