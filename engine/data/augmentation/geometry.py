"""Geometry: crop, mirror, rotation, shift, zoom and shear, random for each image.

`draw` makes a `Transform`; `shift_and_mirror`, `resize_boxes` or `warp_affine` applies it. Nothing
here reads a value back from the device, so nothing waits for a GPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.data.augmentation.boxes import Boxes
from engine.data.augmentation.crop_boxes import CROP_ROWS, resized_crop_boxes
from engine.data.base.batch import RawBatch
from engine.data.decoding.cropping import PADDING_MODES
from engine.data.decoding.moves import Moves, moves_of
from engine.recipes.recipe import Fill, Recipe

# The rows of one table of random numbers, so that no option changes the numbers of another one.
ANGLE, QUARTER, DOWN, RIGHT, CROP_DOWN, CROP_RIGHT, ZOOM_X, ZOOM_Y, SHEAR, COIN = range(10)


@dataclass(frozen=True, eq=False)
class Transform:
    """How each image of a batch is transformed, all (N,).

    First the part within `seen`, if there are boxes, becomes the whole image. Then, in this order:
    rotation by `angle` (radians, clockwise, about the centre), shift by `down` and
    `right` (pixels; int64 or float), shear by `shear` (radians, rows above the centre to the
    right), zoom about the centre (`zoom_x` and `zoom_y` are the visible shares of width and height,
    so that 0.5 doubles the size), and mirroring left to right where `mirrored` (bool).
    """

    mirrored: Tensor
    down: Tensor
    right: Tensor
    angle: Tensor
    shear: Tensor
    zoom_x: Tensor
    zoom_y: Tensor
    seen: Boxes | None = None


@dataclass(frozen=True)
class Geometry(Moves):
    """The largest moves, and random crops: shifts by up to `crop` pixels in either direction.

    `crop_scale` and `crop_ratio` are those of random resized crops, see `resized_crop_boxes`. No
    box is larger than the image, which has the side that the network sees: so crops enlarge, and
    there is nothing to antialias.

    Keras' ImageDataGenerator draws and applies rotation, shift and zoom in the same way.
    """

    crop: int = 0
    crop_scale: tuple[float, ...] = ()
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)

    @classmethod
    def of(cls, recipe: Recipe) -> Geometry | None:
        """The geometry of a recipe, or None where it moves nothing."""
        geometry = cls(
            crop=recipe.crop,
            crop_scale=recipe.crop_scale,
            crop_ratio=recipe.crop_ratio,
            **moves_of(recipe),
        )
        moves = geometry.turns or geometry.crop or geometry.flip or geometry.crop_scale
        return geometry if moves else None

    @property
    def turns(self) -> bool:
        """Whether pixels must be interpolated from anywhere, and not only moved or enlarged."""
        return bool(self.rotate or self.rot90 or self.shift or self.zoom or self.shear)

    def __call__(self, batch: RawBatch, generator: torch.Generator) -> Tensor:
        """The transformed pixels (N, C, H, W), from 0 to 255.

        Crop and flip alone keep uint8; interpolated pixels are float32.
        """
        transform = self.draw(batch, generator)
        if self.turns:
            return warp_affine(batch.pixels.float(), transform, self.fill)
        if transform.seen is not None:
            return resize_boxes(batch.pixels.float(), transform.seen, transform.mirrored)
        return shift_and_mirror(batch.pixels, transform, self.fill)

    def draw(self, batch: RawBatch, generator: torch.Generator) -> Transform:
        """Random transforms for these images."""
        count, _, height, width = batch.pixels.shape
        chance = torch.rand(10, count, device=batch.pixels.device, generator=generator)
        either = chance * 2 - 1  # from -1 to 1
        whole = (chance[CROP_DOWN : CROP_RIGHT + 1] * (2 * self.crop + 1)).long() - self.crop
        down, right = whole
        if self.shift:
            down = down + either[DOWN] * (self.shift * height)
            right = right + either[RIGHT] * (self.shift * width)
        seen = None
        if self.crop_scale:
            # Drawn apart, so that a recipe without such crops draws what it always drew.
            tries = torch.rand(CROP_ROWS, count, device=chance.device, generator=generator)
            seen = resized_crop_boxes(tries, self.crop_scale, self.crop_ratio, height, width)
        turn = (chance[QUARTER] * 4).floor() * (math.pi / 2 * self.rot90)
        return Transform(
            mirrored=self._mirrored(batch, chance[COIN] < 0.5),
            down=down,
            right=right,
            angle=either[ANGLE] * math.radians(self.rotate) + turn,
            shear=either[SHEAR] * math.radians(self.shear),
            zoom_x=1 + either[ZOOM_X] * self.zoom,
            zoom_y=1 + either[ZOOM_Y] * self.zoom,
            seen=seen,
        )

    def _mirrored(self, batch: RawBatch, coin: Tensor) -> Tensor:
        if self.flip == "alternating":
            first = hash_indices(batch.indices, self.seed) & 1
            return ((first + batch.epoch) & 1).bool()
        return coin & self.flip


def hash_indices(indices: Tensor, seed: int) -> Tensor:
    """A hash of 32 bits for each index (N,) int64 and the seed.

    The finaliser of MurmurHash3 (Appleby 2011).
    """
    low = 0xFFFFFFFF
    h = (indices + (seed * 0x9E3779B1 & low)) & low
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & low
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & low
    return h ^ (h >> 16)


def shift_and_mirror(pixels: Tensor, transform: Transform, fill: Fill = "nearest") -> Tensor:
    """Pixels (N, C, H, W) of any type, shifted by whole pixels and mirrored.

    The transform's shifts are int64; its angle, zoom and shear are ignored.
    """
    n, c, h, w = pixels.shape
    rows = torch.arange(h, device=pixels.device) - transform.down[:, None]  # (N, H)
    columns = torch.arange(w, device=pixels.device)
    columns = torch.where(transform.mirrored[:, None], w - 1 - columns, columns)
    columns = columns - transform.right[:, None]  # (N, W)
    source = (
        bring_inside(rows, h, fill)[:, :, None] * w + bring_inside(columns, w, fill)[:, None, :]
    )
    index = source.view(n, 1, h * w).expand(n, c, h * w)
    found = pixels.reshape(n, c, h * w).gather(2, index).view(n, c, h, w)
    if fill == "constant":
        seen = is_inside(rows, h)[:, :, None] & is_inside(columns, w)[:, None, :]
        return found * seen[:, None]
    return found


def is_inside(positions: Tensor, side: int) -> Tensor:
    return (positions >= 0) & (positions < side)


def bring_inside(positions: Tensor, side: int, fill: Fill) -> Tensor:
    """Positions brought into 0 … side - 1: mirrored at the edges, or set to the nearest one."""
    if fill == "reflect":
        around = positions.remainder(2 * side)
        return torch.minimum(around, 2 * side - 1 - around)
    return positions.clamp(0, side - 1)


def resize_boxes(images: Tensor, seen: Boxes, mirrored: Tensor) -> Tensor:
    """The boxes of images (N, C, H, W) float32, bilinearly enlarged to (H, W), and mirrored.

    What is beside a box is not seen, also where it is a part of the image.
    """
    n, _, h, w = images.shape
    columns = torch.arange(w, device=images.device).expand(n, w)
    columns = torch.where(mirrored[:, None], w - 1 - columns, columns)
    rows = torch.arange(h, device=images.device).expand(n, h)
    x = enlarged(columns, seen.left, seen.right)[:, None, :].expand(n, h, w)
    y = enlarged(rows, seen.top, seen.bottom)[:, :, None].expand(n, h, w)
    return F.grid_sample(images, torch.stack((x, y), 3), align_corners=False)


def enlarged(positions: Tensor, first: Tensor, end: Tensor) -> Tensor:
    """Where the pixels of a row lie (N, side), from -1 to 1, if it shows first … end - 1, (N,)."""
    side = positions.shape[1]
    first, end = first[:, None], end[:, None]
    source = first + (positions + 0.5) * ((end - first) / side)
    return torch.minimum(torch.maximum(source, first + 0.5), end - 0.5) * (2 / side) - 1


def into_boxes(theta: Tensor, seen: Boxes, height: int, width: int) -> Tensor:
    """The maps (N, 2, 3) as `inverse_matrix`, with the parts within the boxes as their images.

    What comes into view from beside a box is what the image shows there.
    """
    wide, tall = (seen.right - seen.left) / width, (seen.bottom - seen.top) / height
    x, y = (seen.right + seen.left) / width - 1, (seen.bottom + seen.top) / height - 1
    found = theta * torch.stack((wide, tall), 1)[:, :, None]
    found[:, :, 2] += torch.stack((x, y), 1)
    return found


def warp_affine(images: Tensor, transform: Transform, fill: Fill = "nearest") -> Tensor:
    """Images (N, C, H, W) float32, transformed in one bilinear interpolation."""
    n, _, h, w = images.shape
    theta = inverse_matrix(transform, h, w)
    if transform.seen is not None:
        theta = into_boxes(theta, transform.seen, h, w)
    grid = (pixel_centres(h, w, images.device) @ theta.transpose(1, 2)).view(n, h, w, 2)
    return F.grid_sample(images, grid, padding_mode=PADDING_MODES[fill], align_corners=False)


def pixel_centres(height: int, width: int, device: torch.device) -> Tensor:
    """The centres of all pixels as rows (x, y, 1), where x and y run from -1 to 1: (H·W, 3).

    One matrix product with these is several times faster on a CPU than `F.affine_grid`.
    """
    y = (torch.arange(height, device=device) + 0.5) * (2 / height) - 1
    x = (torch.arange(width, device=device) + 0.5) * (2 / width) - 1
    rows = (x.repeat(height), y.repeat_interleave(width), torch.ones(height * width, device=device))
    return torch.stack(rows, 1)


def inverse_matrix(transform: Transform, height: int, width: int) -> Tensor:
    """The maps from output pixels to their sources, (N, 2, 3), in coordinates as `pixel_centres`.

    In pixels from the centre, the source of p is R⁻¹ (K Z M p - t), where M mirrors, Z zooms,
    K shears, t is the shift and R the rotation. In coordinates from -1 to 1, the terms that mix x
    and y are scaled by the ratio of the sides.
    """
    cos, sin, skew = transform.angle.cos(), transform.angle.sin(), transform.shear.tan()
    x, y = transform.right * (2 / width), transform.down * (2 / height)
    tall, wide = height / width, width / height
    across = transform.zoom_x * (1 - 2 * transform.mirrored.to(cos.dtype))
    along = transform.zoom_y
    from_x = (cos * across, (cos * skew + sin) * along * tall, -(cos * x + sin * tall * y))
    from_y = (-sin * wide * across, (cos - sin * skew) * along, sin * wide * x - cos * y)
    return torch.stack((torch.stack(from_x, 1), torch.stack(from_y, 1)), 1)
