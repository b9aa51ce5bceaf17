"""Erases boxes in images.

Erased pixels get the mean colour of the training set, which is 0 in normalised images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.augmentation.boxes import Boxes
from engine.recipes.recipe import Recipe

# Zhong et al. 2017, "Random erasing data augmentation"; the areas are torchvision's.
AREA = (0.02, 1 / 3)
ASPECT = (0.3, 1 / 0.3)


@dataclass(frozen=True)
class Masks:
    """The boxes that are erased in each image.

    `cutout` is the side in pixels of a square centred on a random pixel, partly outside the image
    at its edges (DeVries & Taylor 2017). `erasing` is the probability of erasing a rectangle of
    random area and aspect ratio.
    """

    cutout: int = 0
    erasing: float = 0.0

    @classmethod
    def of(cls, recipe: Recipe) -> Masks | None:
        """The masks of a recipe, or None where it erases nothing."""
        masks = cls(recipe.cutout, recipe.erasing)
        return None if masks == cls() else masks

    def __call__(self, images: Tensor, generator: torch.Generator) -> None:
        """Erase boxes in images (N, C, H, W), in place."""
        n, _, h, w = images.shape
        chance = torch.rand(7, n, device=images.device, generator=generator)
        if self.cutout:
            images.masked_fill_(cutout_boxes(chance[:2], self.cutout, h, w).mask(h, w), 0.0)
        if self.erasing:
            box = erasing_boxes(chance[2:6], h, w).mask(h, w)
            drawn = (chance[6] < self.erasing).view(n, 1, 1, 1)
            images.masked_fill_(box & drawn, 0.0)


def cutout_boxes(chance: Tensor, side: int, height: int, width: int) -> Boxes:
    """Squares centred on the pixels that `chance` (2, N), from 0 to below 1, picks."""
    top = (chance[0] * height).long() - side // 2
    left = (chance[1] * width).long() - side // 2
    return Boxes(top, top + side, left, left + side)


def erasing_boxes(chance: Tensor, height: int, width: int) -> Boxes:
    """Rectangles whose area, aspect and position `chance` (4, N), from 0 to below 1, picks.

    One that exceeds the image is cut to it; Zhong et al. draw another one.
    """
    low, high = AREA
    area = (low + chance[0] * (high - low)) * height * width
    flattest, steepest = (math.log(aspect) for aspect in ASPECT)
    aspect = (flattest + chance[1] * (steepest - flattest)).exp()
    h = (area * aspect).sqrt().round().clamp(1, height)
    w = (area / aspect).sqrt().round().clamp(1, width)
    top = (chance[2] * (height + 1 - h)).floor()
    left = (chance[3] * (width + 1 - w)).floor()
    return Boxes(*(edge.long() for edge in (top, top + h, left, left + w)))


def cutmix_boxes(share: Tensor, chance: Tensor, height: int, width: int) -> Boxes:
    """Boxes with the image's aspect and a share (N,) of its area, cut off at its edges.

    They are centred on the pixels that `chance` (2, N), from 0 to below 1, picks (Yun et al. 2019).
    """
    scale = share.sqrt()
    h, w = (scale * height).long(), (scale * width).long()
    top = (chance[0] * height).long() - h // 2
    left = (chance[1] * width).long() - w // 2
    return Boxes(
        top.clamp(0, height),
        (top + h).clamp(0, height),
        left.clamp(0, width),
        (left + w).clamp(0, width),
    )
