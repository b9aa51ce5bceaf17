"""The boxes of random resized crops, batched: those of torchvision's `RandomResizedCrop`.

Szegedy et al. 2014, "Going deeper with convolutions".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.data.augmentation.boxes import Boxes
from engine.data.decoding.crop_box import TRIES, central_shape

# The rows of random numbers that a box takes: an area and a ratio for each try, and its place.
CROP_ROWS = 2 * TRIES + 2


def resized_crop_boxes(
    chance: Tensor, scale: Sequence[float], ratio: tuple[float, float], height: int, width: int
) -> Boxes:
    """Boxes that `chance` (CROP_ROWS, N), from 0 to below 1, picks in images of one size.

    `scale` are the smallest and the largest share of the area, `ratio` those of width to height,
    whose logarithm is uniform. The first of ten tries that fits is taken, else the centre. In
    float64, as in torchvision, so that sides are rounded alike.
    """
    area, aspect, place = torch.split(chance.double(), [TRIES, TRIES, 2])
    (least, most), (flattest, widest) = scale, map(math.log, ratio)
    area = (least + area * (most - least)) * height * width
    aspect = (flattest + aspect * (widest - flattest)).exp()
    w, h = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
    fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
    first, any_fits = fits.int().argmax(0, keepdim=True), fits.any(0)
    w, h = (sides.gather(0, first)[0] for sides in (w, h))
    centre_w, centre_h = central_shape(width, height, *ratio)
    h, w = torch.where(any_fits, h, centre_h), torch.where(any_fits, w, centre_w)
    top = torch.where(any_fits, place[0] * (height - h + 1), (height - h) / 2).floor()
    left = torch.where(any_fits, place[1] * (width - w + 1), (width - w) / 2).floor()
    return Boxes(*(edge.long() for edge in (top, top + h, left, left + w)))
