"""Operations that map each level of an image to another one: as tables of 256 levels.

Each gives the bits of torchvision's v2 function of the same name for uint8 (`addcmul` rounds once,
as torchvision's `add(alpha=…)` does). One look-up then serves all of them. It takes as long as the
multiplication of all pixels by one factor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from engine.data.augmentation.policy_space import Operation

LEVELS = 256
WHITE = 255


def levels(pixels: Tensor) -> Tensor:
    """All levels, once for each channel of these pixels: (C, 256) int64."""
    return torch.arange(LEVELS, device=pixels.device).expand(pixels.shape[1], LEVELS)


def brightened(pixels: Tensor, strengths: Tensor) -> Tensor:
    return as_levels(levels(pixels) * (1 + strengths)[:, None, None])


def contrasted(pixels: Tensor, strengths: Tensor) -> Tensor:
    """Blended with the image's mean grey."""
    change = strengths[:, None, None]
    mean = whole_grey(pixels).mean((1, 2, 3), keepdim=True)[:, :, 0]
    return as_levels((levels(pixels) * (1 + change)).addcmul(mean, -change))


def posterized(pixels: Tensor, strengths: Tensor) -> Tensor:
    return (levels(pixels) & strengths.int()[:, None, None]).to(torch.uint8)


def solarized(pixels: Tensor, strengths: Tensor) -> Tensor:
    each = levels(pixels)
    return torch.where(each >= strengths[:, None, None], WHITE - each, each).to(torch.uint8)


def stretched(pixels: Tensor, strengths: Tensor) -> Tensor:
    """Autocontrast: each channel from black to white."""
    flat = pixels.flatten(2)
    lowest, highest = (extreme.float()[:, :, None] for extreme in (flat.amin(2), flat.amax(2)))
    is_flat = lowest == highest
    scale = torch.where(is_flat, 1.0, (highest - lowest) * (1 / WHITE))
    return as_levels((levels(pixels) - lowest.masked_fill(is_flat, 0.0)) / scale)


def equalized(pixels: Tensor, strengths: Tensor) -> Tensor:
    """Each channel with as many pixels of each level, as Pillow's `ImageOps.equalize`."""
    flat = pixels.flatten(2)
    counts = torch.zeros(*flat.shape[:2], LEVELS, dtype=torch.int32, device=pixels.device)
    one = torch.ones((), dtype=torch.int32, device=pixels.device)
    counts.scatter_add_(2, flat.long(), one.expand_as(flat))
    up_to = counts.cumsum(2)
    below_highest = up_to.masked_fill(up_to == flat.shape[2], 0).amax(2, keepdim=True)
    step = below_highest // WHITE
    before = torch.nn.functional.pad(up_to[:, :, :-1], (1, 0))
    # Pillow's scheme gives 0 for the lowest level, whose `before` is 0.
    spread = ((before + step // 2) // step.clamp(min=1)).clamp(0, WHITE)
    return torch.where(step > 0, spread, levels(pixels)).to(torch.uint8)


# Each takes pixels (K, C, H, W) uint8 and strengths (K,), and makes tables (K, C, 256) uint8.
TONES: Mapping[Operation, Callable[[Tensor, Tensor], Tensor]] = {
    Operation.BRIGHTNESS: brightened,
    Operation.CONTRAST: contrasted,
    Operation.POSTERIZE: posterized,
    Operation.SOLARIZE: solarized,
    Operation.AUTO_CONTRAST: stretched,
    Operation.EQUALIZE: equalized,
}


def looked_up(pixels: Tensor, tables: Tensor) -> Tensor:
    """Each pixel of (K, C, H, W) uint8 as its channel's table, of (K, C, 256) uint8, says."""
    k, c = pixels.shape[:2]
    first = torch.arange(0, k * c * LEVELS, LEVELS, dtype=torch.int32, device=pixels.device)
    places = pixels.int().add_(first.view(k, c, 1, 1))
    return tables.reshape(-1).index_select(0, places.view(-1)).view_as(pixels)


def as_levels(values: Tensor) -> Tensor:
    """Values as uint8, cut off to black and white, and to whole numbers as torchvision does."""
    return as_uint8(values.clamp_(0, WHITE))


def as_uint8(values: Tensor) -> Tensor:
    """Values from 0 to 255 without their fractions; on a CPU five times faster than directly."""
    return values.short().to(torch.uint8)


def whole_grey(pixels: Tensor) -> Tensor:
    """The grey (K, 1, H, W) float32 of each pixel, rounded down; the mean where there is no RGB."""
    if pixels.shape[1] != 3:
        return pixels.float().mean(1, keepdim=True)
    red, green, blue = pixels.unbind(1)
    grey = red.mul(0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114)
    return grey.floor_()[:, None]
