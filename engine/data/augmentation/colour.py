"""Colour: brightness, contrast, saturation and hue as one linear map of each image's RGB.

All four are linear in the pixels of an image, so they compose to one matrix and one offset, applied
in one pass. As in torchvision's ColorJitter, brightness scales, contrast blends with the image's
mean grey, and saturation blends with each pixel's grey. Three things differ from ColorJitter. The
order is always this one. Values are clipped to black and white once, at the end. Hue is a rotation
about the grey axis, which keeps r + g + b; torchvision rotates the hue of HSV, which keeps the
largest and the smallest of the three. The two hues differ by less than 0.007 of the circle. They
agree at thirds of the circle, where the rotation permutes the channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.recipes.recipe import Recipe

# ITU-R BT.601, as torchvision rounds them.
LUMA = (0.2989, 0.587, 0.114)
WHITE = 255.0
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


@dataclass(frozen=True, eq=False)
class ColourFactors:
    """The changes of each image, all (N,) float32: three factors, and a share of the hue circle."""

    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor


@dataclass(frozen=True)
class Colour:
    """The largest changes: factors of 1 ± each number (none below 0), and ± `hue` of the circle."""

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0

    @classmethod
    def of(cls, recipe: Recipe) -> Colour | None:
        """The changes of a recipe, or None where it changes no colours."""
        changes = cls(recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
        return None if changes == cls() else changes

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """Pixels (N, C, H, W), uint8 or float32 from 0 to 255, recoloured as float32."""
        factors = self.draw(len(pixels), pixels.device, generator)
        return adjust_colours(pixels.float(), factors)

    def draw(self, count: int, device: torch.device, generator: torch.Generator) -> ColourFactors:
        """Random changes for `count` images."""
        either = torch.rand(4, count, device=device, generator=generator) * 2 - 1
        return ColourFactors(
            brightness=(1 + either[BRIGHTNESS] * self.brightness).clamp_(min=0),
            contrast=(1 + either[CONTRAST] * self.contrast).clamp_(min=0),
            saturation=(1 + either[SATURATION] * self.saturation).clamp_(min=0),
            hue=either[HUE] * self.hue,
        )


def adjust_colours(pixels: Tensor, factors: ColourFactors) -> Tensor:
    """Change the colours of pixels (N, C, H, W), float32 from 0 to 255.

    With m the mean grey of an image, a pixel p becomes T (c b p + (1 - c) b m), where b and c are
    brightness and contrast, and T is the matrix of saturation and hue. Without RGB there is no T.
    """
    n, channels, h, w = pixels.shape
    flat = pixels.reshape(n, channels, h * w)
    means = flat.mean(2)
    if channels == len(LUMA):
        matrix = hue_matrix(factors.hue) @ saturation_matrix(factors.saturation)
        mean_grey = grey(*means.unbind(1))
    else:
        matrix = torch.ones(n, channels, channels, device=pixels.device) / channels
        mean_grey = means.mean(1)
    offset = matrix.sum(2) * ((1 - factors.contrast) * factors.brightness * mean_grey)[:, None]
    gain = (factors.contrast * factors.brightness)[:, None, None]
    coloured = torch.baddbmm(offset[:, :, None], matrix * gain, flat)
    return coloured.clamp_(0, WHITE).view(n, channels, h, w)


def grey(red: Tensor, green: Tensor, blue: Tensor) -> Tensor:
    return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue


def saturation_matrix(factor: Tensor) -> Tensor:
    """factor · p + (1 - factor) · grey(p) as matrices (N, 3, 3)."""
    red, green, blue = ((1 - factor) * weight for weight in LUMA)
    rows = (
        torch.stack((factor + red, green, blue), 1),
        torch.stack((red, factor + green, blue), 1),
        torch.stack((red, green, factor + blue), 1),
    )
    return torch.stack(rows, 1)


def hue_matrix(share: Tensor) -> Tensor:
    """Rotations about (1, 1, 1) by a share of the circle, from red towards green: (N, 3, 3).

    Rodrigues' formula for this axis: each row is the row above, shifted by one.
    """
    angle = share * (2 * math.pi)
    third = (1 - angle.cos()) / 3
    side = angle.sin() / math.sqrt(3)
    same, before, after = angle.cos() + third, third - side, third + side
    rows = (
        torch.stack((same, before, after), 1),
        torch.stack((after, same, before), 1),
        torch.stack((before, after, same), 1),
    )
    return torch.stack(rows, 1)
