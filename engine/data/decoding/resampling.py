"""Makes the pixels of a view in one resampling of a canvas, with torch.

Both ways use the same filter where the view is smaller than what it shows: a triangle, two pixels
of the view wide. `torch` has it for upright boxes alone. For others, the mean of a few bilinear
samples has a filter of the same width.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.data.decoding.canvas import Canvas
from engine.data.decoding.cropping import PADDING_MODES, Placement, SourceMap, stretched
from engine.data.decoding.image_format import Pixels

if TYPE_CHECKING:  # decoding processes know no recipe
    from engine.recipes.recipe import Fill

# Samples for each pixel of a canvas, along a row or column of the view. With these, photographs
# have 42 dB or more (PSNR) against the filter itself, and one full of thin lines has 36. One sample
# more in each direction would double the time.
SAMPLES = 0.85


def cropped(canvas: Canvas, placement: Placement, size: int) -> Pixels:
    """The pixels (C, size, size) of a view. They may lie in any order in memory.

    Fast only in a process where torch has one thread: an image is too small to be shared.
    """
    if placement.is_upright:
        return _upright(canvas, placement, size)
    return _warped(canvas, placement, size)


def _upright(canvas: Canvas, placement: Placement, size: int) -> Pixels:
    """The box; turning and mirroring it changes no more than the order in which it is read."""
    left, top, width, height = placement.box
    box = _shared(canvas.pixels[top : top + height, left : left + width])
    view = F.interpolate(box, (size, size), mode="bilinear", antialias=True)[0].numpy()
    turned = np.rot90(view, -placement.quarters, (1, 2))
    return turned[:, :, ::-1] if placement.mirrored else turned


def _shared(pixels: Pixels) -> Tensor:
    """Pixels (H, W, C) as a tensor (1, C, H, W), channels last, of the same memory.

    Copied only where they are read-only, as those of a file; torch would warn.
    """
    return torch.from_numpy(np.require(pixels, requirements="W")).permute(2, 0, 1)[None]


def _warped(canvas: Canvas, placement: Placement, size: int) -> Pixels:
    """The mean of samples at a few places in each pixel of the view."""
    source = placement.source()
    height, width = canvas.pixels.shape[:2]
    margin = (abs(source.across) + abs(source.along)) / size + 1
    reach_x = (abs(source.across.real) + abs(source.along.real)) / 2 + margin
    reach_y = (abs(source.across.imag) + abs(source.along.imag)) / 2 + margin
    left, right = _needed(source.centre.real, reach_x, width, placement.fill)
    top, bottom = _needed(source.centre.imag, reach_y, height, placement.fill)
    part = _shared(canvas.pixels[top:bottom, left:right]).float()
    centre = source.centre - complex(left, top)
    moved = SourceMap(centre, source.across, source.along)
    mean = _mean_of_samples(part, moved, size, PADDING_MODES[placement.fill])
    found: Pixels = np.rint(mean.numpy()).astype(np.uint8)
    return found


def _needed(middle: float, reach: float, side: int, fill: Fill) -> tuple[int, int]:
    """First and last row (or column) of a canvas that a view needs, which reaches so far."""
    first, last = math.floor(middle - reach), math.ceil(middle + reach)
    if fill == "reflect" and (first < 0 or last > side):
        return 0, side
    first = min(max(first, 0), side - 1)
    return first, max(first + 1, min(last, side))


def _mean_of_samples(part: Tensor, source: SourceMap, size: int, padding: str) -> Tensor:
    """The view (C, size, size) float32 of a part (1, C, H, W) of a canvas."""
    height, width = part.shape[2:]
    across, along = (
        stretched(step, 2 / width, 2 / height) / size for step in (source.across, source.along)
    )
    places = torch.arange(size) + (0.5 - size / 2)
    # Points are complex numbers, since their sum is several times faster than that of pairs.
    columns = places * across
    rows = places * along + (stretched(source.centre, 2 / width, 2 / height) - (1 + 1j))
    offsets = [
        right * across + down * along
        for right in sample_places(abs(source.across) / size)
        for down in sample_places(abs(source.along) / size)
    ]
    total = torch.zeros(part.shape[1], size, size)
    for offset in offsets:
        grid = torch.view_as_real(rows[:, None] + (columns + offset))[None]
        total += F.grid_sample(part, grid, padding_mode=padding, align_corners=False)[0]
    return total.div_(len(offsets))


def sample_places(shrink: float) -> list[float]:
    """Where samples are taken along one side of a pixel of a view, in such pixels from its centre.

    `shrink` is that side in pixels of the canvas. The mean of n samples at a distance of d has the
    variance d² (n² - 1) / 12; bilinear interpolation adds 1 / (6 shrink²). Together they have that
    of a triangle two pixels wide, 1/6.
    """
    count = max(1, math.ceil(SAMPLES * shrink))
    if count == 1:
        return [0.0]
    distance = math.sqrt(2 * (1 - shrink**-2) / (count**2 - 1))
    return [(place - (count - 1) / 2) * distance for place in range(count)]
