"""Augmentation of a batch on its device, each image by draws of its own.

Drawing and applying are apart: `draw` makes a `Placement`, `moved` and `affine` apply it. Nothing
here reads a value back, so nothing waits for a GPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Placement:
    """Where each image of a batch goes, all (N,).

    `mirrored` (bool) comes first, then the rotation by `angle` (radians, clockwise, about the
    centre), then the shift by `down` and `right` (pixels, whole ones as int64 or float).
    """

    mirrored: Tensor
    angle: Tensor
    down: Tensor
    right: Tensor


@dataclass(frozen=True)
class Augmentation:
    """What is drawn at random for each image.

    `crop` in pixels, `rotate` in degrees and `shift` as a share of the side are the largest
    amounts to either side; `flip` mirrors half of the images.
    """

    crop: int
    flip: bool
    rotate: float
    shift: float

    @classmethod
    def of(cls, recipe: Recipe) -> Augmentation | None:
        """What a recipe asks for, or None where it asks for nothing."""
        asked = cls(recipe.crop, recipe.flip, recipe.rotate, recipe.shift)
        return None if asked == cls(0, False, 0.0, 0.0) else asked

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augmented images (N, C, H, W), of the same scale of values.

        Their type stays where pixels only move (crop and flip); where they are interpolated
        (rotation and shift) it is float32.
        """
        placement = self.draw(images, generator)
        if self.rotate or self.shift:
            return affine(images.float(), placement)
        return moved(images, placement)

    def draw(self, images: Tensor, generator: torch.Generator) -> Placement:
        """Random placements for these images."""
        count, device = len(images), images.device
        height, width = images.shape[2:]
        uniform = torch.rand(3, count, device=device, generator=generator) * 2 - 1
        whole = torch.randint(
            -self.crop, self.crop + 1, (2, count), device=device, generator=generator
        )
        coin = torch.randint(0, 2, (count,), device=device, generator=generator)
        down, right = whole
        if self.shift:
            down = down + uniform[1] * (self.shift * height)
            right = right + uniform[2] * (self.shift * width)
        return Placement(
            mirrored=(coin * self.flip).bool(),
            angle=uniform[0] * math.radians(self.rotate),
            down=down,
            right=right,
        )


def moved(images: Tensor, placement: Placement) -> Tensor:
    """Images (N, C, H, W) of any type, mirrored and shifted by whole pixels, edges repeated.

    The placement's shifts are int64; its angle is not looked at.
    """
    n, c, h, w = images.shape
    rows = torch.arange(h, device=images.device) - placement.down[:, None]  # (N, H)
    columns = torch.arange(w, device=images.device) - placement.right[:, None]  # (N, W)
    columns = torch.where(placement.mirrored[:, None], w - 1 - columns, columns)
    source = rows.clamp_(0, h - 1)[:, :, None] * w + columns.clamp_(0, w - 1)[:, None, :]
    index = source.view(n, 1, h * w).expand(n, c, h * w)
    return images.reshape(n, c, h * w).gather(2, index).view(n, c, h, w)


def affine(images: Tensor, placement: Placement) -> Tensor:
    """Images (N, C, H, W) float32, mirrored, rotated and shifted in one bilinear interpolation.

    Outside, the nearest pixel of the edge is taken.
    """
    theta = inverse(placement, images.shape[2], images.shape[3])
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def inverse(placement: Placement, height: int, width: int) -> Tensor:
    """From where in the image each pixel comes: (N, 2, 3), in the coordinates of `affine_grid`.

    There x and y run from -1 to 1 over width and height, so that a rotation of an oblong image
    scales the terms between them. With R the rotation and t the shift, a pixel p comes from
    R⁻¹ (p - t), and from there mirrored in x.
    """
    cos, sin = placement.angle.cos(), placement.angle.sin()
    x, y = placement.right * (2 / width), placement.down * (2 / height)
    tall, wide = height / width, width / height
    sign = 1 - 2 * placement.mirrored.to(cos.dtype)
    from_x = torch.stack((cos, sin * tall, -(cos * x + sin * tall * y)), 1) * sign[:, None]
    from_y = torch.stack((-sin * wide, cos, sin * wide * x - cos * y), 1)
    return torch.stack((from_x, from_y), 1)
