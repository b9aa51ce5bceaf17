"""Where pixels go: crop, mirror, rotation, shift, zoom and shear, each image by draws of its own.

Drawing and applying are apart: `draw` makes a `Placement`, `moved` and `affine` apply it. Nothing
here reads a value back, so nothing waits for a GPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.data.base.batch import RawBatch
from engine.recipes.recipe import Recipe

Fill = Literal["nearest", "constant", "reflect"]

PADDING_MODES = {"nearest": "border", "constant": "zeros", "reflect": "reflection"}
# Rows of one table of random numbers, so that an option leaves the draws of the others alone.
ANGLE, QUARTER, DOWN, RIGHT, CROP_DOWN, CROP_RIGHT, ZOOM_X, ZOOM_Y, SHEAR, COIN = range(10)


@dataclass(frozen=True, eq=False)
class Placement:
    """Where each image of a batch goes, all (N,), in the order in which it happens.

    Rotation by `angle` (radians, clockwise, about the centre), shift by `down` and `right`
    (pixels; whole ones as int64 or float), shear by `shear` (radians, rows above the centre to
    the right), zoom about the centre (`zoom_x` and `zoom_y` are the shares of width and height
    that are seen, so that 0.5 doubles the size), and, where `mirrored` (bool), left for right.
    """

    mirrored: Tensor
    down: Tensor
    right: Tensor
    angle: Tensor
    shear: Tensor
    zoom_x: Tensor
    zoom_y: Tensor


@dataclass(frozen=True)
class Geometry:
    """How far images may go.

    `crop` in pixels, `rotate` and `shear` in degrees and `shift` as a share of the side are the
    largest amounts to either side; the shares seen are 1 ± `zoom`, of width and height apart;
    `rot90` turns by any multiple of 90°. `flip` mirrors half of the images, or, "alternating",
    each image in every other epoch, half of them in the first (Jordan 2024, "94% on CIFAR-10 in
    3.29 seconds on a single GPU"); `seed` decides which.

    Rotation, shift and zoom as Keras' ImageDataGenerator draws and applies them.
    """

    crop: int = 0
    flip: bool | Literal["alternating"] = False
    rotate: float = 0.0
    rot90: bool = False
    shift: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    fill: Fill = "nearest"
    seed: int = 0

    @classmethod
    def of(cls, recipe: Recipe) -> Geometry | None:
        """What a recipe asks for, or None where it moves nothing."""
        asked = cls(
            crop=recipe.crop,
            flip=recipe.flip,
            rotate=recipe.rotate,
            rot90=recipe.rot90,
            shift=recipe.shift,
            zoom=recipe.zoom,
            shear=recipe.shear,
            fill=recipe.fill,
            seed=recipe.seed,
        )
        return asked if asked.interpolates or asked.crop or asked.flip else None

    @property
    def interpolates(self) -> bool:
        """Whether pixels come to lie between others, and not only elsewhere."""
        return bool(self.rotate or self.rot90 or self.shift or self.zoom or self.shear)

    def __call__(self, drawn: RawBatch, generator: torch.Generator) -> Tensor:
        """The pixels (N, C, H, W) in their new places, of 0 to 255.

        They stay uint8 where they only move (crop and flip); interpolated, they are float32.
        """
        placement = self.draw(drawn, generator)
        if self.interpolates:
            return affine(drawn.pixels.float(), placement, self.fill)
        return moved(drawn.pixels, placement, self.fill)

    def draw(self, drawn: RawBatch, generator: torch.Generator) -> Placement:
        """Random placements for these images."""
        count, _, height, width = drawn.pixels.shape
        chance = torch.rand(10, count, device=drawn.pixels.device, generator=generator)
        either = chance * 2 - 1  # from -1 to 1
        whole = (chance[CROP_DOWN : CROP_RIGHT + 1] * (2 * self.crop + 1)).long() - self.crop
        down, right = whole
        if self.shift:
            down = down + either[DOWN] * (self.shift * height)
            right = right + either[RIGHT] * (self.shift * width)
        turn = (chance[QUARTER] * 4).floor() * (math.pi / 2 * self.rot90)
        return Placement(
            mirrored=self._mirrored(drawn, chance[COIN] < 0.5),
            down=down,
            right=right,
            angle=either[ANGLE] * math.radians(self.rotate) + turn,
            shear=either[SHEAR] * math.radians(self.shear),
            zoom_x=1 + either[ZOOM_X] * self.zoom,
            zoom_y=1 + either[ZOOM_Y] * self.zoom,
        )

    def _mirrored(self, drawn: RawBatch, coin: Tensor) -> Tensor:
        if self.flip == "alternating":
            first = hashed(drawn.indices, self.seed) & 1
            return ((first + drawn.epoch) & 1).bool()
        return coin & self.flip


def hashed(indices: Tensor, seed: int) -> Tensor:
    """32 bits for each index (N,) int64, that depend on nothing but it and the seed.

    The last mixing of MurmurHash3 (Appleby 2011).
    """
    low = 0xFFFFFFFF
    h = (indices + (seed * 0x9E3779B1 & low)) & low
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & low
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & low
    return h ^ (h >> 16)


def moved(pixels: Tensor, placement: Placement, fill: Fill = "nearest") -> Tensor:
    """Pixels (N, C, H, W) of any type, shifted by whole pixels and mirrored.

    The placement's shifts are int64; its angle, zoom and shear are not looked at.
    """
    n, c, h, w = pixels.shape
    rows = torch.arange(h, device=pixels.device) - placement.down[:, None]  # (N, H)
    columns = torch.arange(w, device=pixels.device)
    columns = torch.where(placement.mirrored[:, None], w - 1 - columns, columns)
    columns = columns - placement.right[:, None]  # (N, W)
    source = within(rows, h, fill)[:, :, None] * w + within(columns, w, fill)[:, None, :]
    index = source.view(n, 1, h * w).expand(n, c, h * w)
    found = pixels.reshape(n, c, h * w).gather(2, index).view(n, c, h, w)
    if fill == "constant":
        seen = inside(rows, h)[:, :, None] & inside(columns, w)[:, None, :]
        return found * seen[:, None]
    return found


def inside(places: Tensor, side: int) -> Tensor:
    return (places >= 0) & (places < side)


def within(places: Tensor, side: int, fill: Fill) -> Tensor:
    """Places brought into 0 … side - 1: mirrored at the edges, or the nearest one."""
    if fill == "reflect":
        around = places.remainder(2 * side)
        return torch.minimum(around, 2 * side - 1 - around)
    return places.clamp(0, side - 1)


def affine(images: Tensor, placement: Placement, fill: Fill = "nearest") -> Tensor:
    """Images (N, C, H, W) float32 brought to their places in one bilinear interpolation."""
    n, _, h, w = images.shape
    theta = inverse(placement, h, w)
    grid = (centres(h, w, images.device) @ theta.transpose(1, 2)).view(n, h, w, 2)
    return F.grid_sample(images, grid, padding_mode=PADDING_MODES[fill], align_corners=False)


def centres(height: int, width: int, device: torch.device) -> Tensor:
    """The centres of all pixels as rows (x, y, 1), where x and y run from -1 to 1: (H·W, 3).

    With these, one product is several times faster than `F.affine_grid` on a processor.
    """
    y = (torch.arange(height, device=device) + 0.5) * (2 / height) - 1
    x = (torch.arange(width, device=device) + 0.5) * (2 / width) - 1
    rows = (x.repeat(height), y.repeat_interleave(width), torch.ones(height * width, device=device))
    return torch.stack(rows, 1)


def inverse(placement: Placement, height: int, width: int) -> Tensor:
    """From where in the image each pixel comes: (N, 2, 3), in the coordinates of `centres`.

    A pixel p, in pixels from the centre, comes from R⁻¹ (K Z M p - t), where M mirrors, Z zooms,
    K shears, t is the shift and R the rotation. In coordinates of -1 to 1, terms between x and y
    are scaled by the sides.
    """
    cos, sin, skew = placement.angle.cos(), placement.angle.sin(), placement.shear.tan()
    x, y = placement.right * (2 / width), placement.down * (2 / height)
    tall, wide = height / width, width / height
    across = placement.zoom_x * (1 - 2 * placement.mirrored.to(cos.dtype))
    along = placement.zoom_y
    from_x = (cos * across, (cos * skew + sin) * along * tall, -(cos * x + sin * tall * y))
    from_y = (-sin * wide * across, (cos - sin * skew) * along, sin * wide * x - cos * y)
    return torch.stack((torch.stack(from_x, 1), torch.stack(from_y, 1)), 1)
