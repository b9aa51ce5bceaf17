"""Augments a training batch on its device, at random for each image.

Each step runs only if the recipe asks for it: one composed interpolation, the operations of a
policy, one linear map of the colours, the masks, and mixing. A policy comes after the geometry and
before the rest, as in torchvision's reference recipes.
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
from engine.data.augmentation.policy import Policy
from engine.data.base.batch import Batch, RawBatch
from engine.data.base.seeds import derive_seed
from engine.recipes.recipe import Recipe


@dataclass(frozen=True)
class Augmentation:
    """The augmentation of a recipe; `seed`, epoch and step determine all random numbers."""

    seed: int = 0
    geometry: Geometry | None = None
    policy: Policy | None = None
    colour: Colour | None = None
    masks: Masks | None = None
    mixing: Mixing | None = None

    @classmethod
    def of(cls, recipe: Recipe, canvas: int = 0) -> Augmentation:
        """The augmentation of a recipe on the device.

        With a canvas (see `Resolved.canvas`), whoever decodes an image also moves it.
        """
        return cls(
            recipe.seed,
            None if canvas else Geometry.of(recipe),
            Policy.of(recipe),
            Colour.of(recipe),
            Masks.of(recipe),
            Mixing.of(recipe),
        )

    def seed_generator(self, generator: torch.Generator, batch: RawBatch) -> None:
        """Seed a generator for the step of this batch."""
        generator.manual_seed(derive_seed(self.seed, int(batch.epoch), batch.step))

    def __call__(
        self, batch: RawBatch, generator: torch.Generator, normalise: Callable[[Tensor], Tensor]
    ) -> Batch:
        """The augmented batch that a step trains on.

        `normalise` takes pixels from 0 to 255, uint8 or float32, and may overwrite them.
        """
        pixels = batch.pixels
        if self.geometry is not None:
            pixels = self.geometry(batch, generator)
        if self.policy is not None:
            pixels = self.policy(pixels, generator)
        if self.colour is not None:
            pixels = self.colour(pixels, generator)
        images = normalise(pixels)
        if self.masks is not None:
            self.masks(images, generator)
        if self.mixing is not None:
            mixed = self.mixing(images, batch.labels, generator)
            return mixed._replace(indices=batch.sighted)
        return Batch(images, batch.labels, indices=batch.sighted)
