"""Mixup and CutMix: two images in one, with two labels.

Mixup blends whole images (Zhang et al. 2017); CutMix pastes a box of the other image (Yun et al.
2019). Each image is mixed with its neighbour in the batch, since the order of a batch is already
random. The share of an image is drawn from Beta(alpha, alpha).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.augmentation.masks import cutmix_boxes
from engine.data.base.batch import Batch
from engine.recipes.recipe import Recipe


@dataclass(frozen=True)
class Mixing:
    """The alpha of each kind, 0 for off; with both on, each image gets one kind at random."""

    mixup: float = 0.0
    cutmix: float = 0.0

    @classmethod
    def of(cls, recipe: Recipe) -> Mixing | None:
        """The mixing of a recipe, or None where it mixes nothing."""
        mixing = cls(recipe.mixup, recipe.cutmix)
        return None if mixing == cls() else mixing

    def __call__(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> Batch:
        """Mix each image (N, C, H, W), in place, with the one before it; labels are (N,)."""
        before = torch.arange(-1, len(labels) - 1, device=labels.device).remainder(len(labels))
        kept = self.draw(images, generator)
        images.lerp_(images.index_select(0, before), 1 - kept)
        return Batch(images, labels, labels.index_select(0, before), kept.mean((1, 2, 3)))

    def draw(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """The share of each pixel to keep, 0 to 1: (N, 1, H, W) or (N, 1, 1, 1) float32."""
        n, _, h, w = images.shape
        if not self.cutmix:
            return beta(self.mixup, n, images.device, generator).view(n, 1, 1, 1)
        chance = torch.rand(3, n, device=images.device, generator=generator)
        share = beta(self.cutmix, n, images.device, generator)
        kept = 1 - cutmix_boxes(1 - share, chance[:2], h, w).mask(h, w).float()
        if not self.mixup:
            return kept
        blend = beta(self.mixup, n, images.device, generator).view(n, 1, 1, 1)
        return torch.where(chance[2].view(n, 1, 1, 1) < 0.5, blend, kept)


def beta(alpha: float, count: int, device: torch.device, generator: torch.Generator) -> Tensor:
    """Draws from Beta(alpha, alpha), as components of a Dirichlet distribution: (count,)."""
    concentration = torch.full((count, 2), alpha, dtype=torch.float32, device=device)
    return torch._sample_dirichlet(concentration, generator=generator)[:, 0]
