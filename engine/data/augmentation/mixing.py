"""Two images as one, with two labels: mixup and CutMix.

Mixup blends whole images (Zhang et al. 2017), CutMix pastes a box of the other one (Yun et al.
2019). Each image is mixed with its neighbour in the batch, whose order is random already, in
shares of its own, drawn from Beta(alpha, alpha).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.augmentation.masks import patch
from engine.data.base.batch import Batch
from engine.recipes.recipe import Recipe


@dataclass(frozen=True)
class Mixing:
    """The alphas of both, 0 for off; where both are on, each image gets either, by a coin."""

    mixup: float = 0.0
    cutmix: float = 0.0

    @classmethod
    def of(cls, recipe: Recipe) -> Mixing | None:
        """What a recipe asks for, or None where it mixes nothing."""
        asked = cls(recipe.mixup, recipe.cutmix)
        return None if asked == cls() else asked

    def __call__(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> Batch:
        """Mix each of the images (N, C, H, W), in place, with the one before it.

        The labels are (N,).
        """
        before = torch.arange(-1, len(labels) - 1, device=labels.device).remainder(len(labels))
        kept = self.draw(images, generator)
        images.lerp_(images.index_select(0, before), 1 - kept)
        return Batch(images, labels, labels.index_select(0, before), kept.mean((1, 2, 3)))

    def draw(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """How much of each pixel is kept, from 0 to 1: (N, 1, H, W) float32."""
        n, _, h, w = images.shape
        if not self.cutmix:
            return beta(self.mixup, n, images.device, generator).view(n, 1, 1, 1)
        chance = torch.rand(3, n, device=images.device, generator=generator)
        share = beta(self.cutmix, n, images.device, generator)
        kept = 1 - patch(1 - share, chance[:2], h, w).mask(h, w).float()
        if not self.mixup:
            return kept
        blend = beta(self.mixup, n, images.device, generator).view(n, 1, 1, 1)
        return torch.where(chance[2].view(n, 1, 1, 1) < 0.5, blend, kept)


def beta(alpha: float, count: int, device: torch.device, generator: torch.Generator) -> Tensor:
    """So many draws from Beta(alpha, alpha), as shares of a Dirichlet distribution: (count,)."""
    concentration = torch.full((count, 2), alpha, dtype=torch.float32, device=device)
    return torch._sample_dirichlet(concentration, generator=generator)[:, 0]
