"""Augmentation of a training batch on its device, each image by draws of its own.

One composed interpolation, one linear map of the colours, the masks, then mixing: four passes
over the pixels at most, and none of those that a recipe does not ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.augmentation.colour import Colour
from engine.data.augmentation.geometry import Geometry
from engine.data.augmentation.masks import Masks
from engine.data.augmentation.mixing import Mixing
from engine.data.base.batch import Batch, RawBatch
from engine.data.base.seeds import derived
from engine.recipes.recipe import Recipe


@dataclass(frozen=True)
class Augmentation:
    """What a recipe asks for; `seed`, epoch and step decide all draws."""

    seed: int = 0
    geometry: Geometry | None = None
    colour: Colour | None = None
    masks: Masks | None = None
    mixing: Mixing | None = None

    @classmethod
    def of(cls, recipe: Recipe) -> Augmentation:
        return cls(
            recipe.seed,
            Geometry.of(recipe),
            Colour.of(recipe),
            Masks.of(recipe),
            Mixing.of(recipe),
        )

    def seed_of(self, epoch: int, step: int) -> int:
        """The seed of the draws of a step (from 0) of an epoch (from 1)."""
        return derived(self.seed, epoch, step)

    def __call__(
        self, drawn: RawBatch, draws: torch.Generator, normalise: Callable[[Tensor], Tensor]
    ) -> Batch:
        """The batch that a step learns from.

        `normalise` takes pixels of 0 to 255, uint8 or float32, which it may overwrite.
        """
        pixels = drawn.pixels
        if self.geometry is not None:
            pixels = self.geometry(drawn, draws)
        if self.colour is not None:
            pixels = self.colour(pixels, draws)
        images = normalise(pixels)
        if self.masks is not None:
            self.masks(images, draws)
        if self.mixing is not None:
            return self.mixing(images, drawn.labels, draws)
        return Batch(images, drawn.labels)
