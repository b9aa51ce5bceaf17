"""TrivialAugment and RandAugment: random operations of random strength for each image.

On a CPU each operation gets the images that drew it. On a GPU, where asking which ones would wait
for it, each gets all images, and a mask says which ones it changes: so a step can be recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.augmentation.policy_operations import saturated, sharpened, warped
from engine.data.augmentation.policy_space import (
    BINS,
    CHOICES,
    WARPS,
    Operation,
    PolicyName,
    PolicySpace,
    choice,
    policy_space,
)
from engine.data.augmentation.tone_tables import TONES, as_uint8, levels, looked_up
from engine.recipes.recipe import Recipe

# So many float32 stay in the cache of a processor's core while an operation changes them.
CACHED_VALUES = 2**16
PER_OPERATION = CHOICES // len(Operation)


@dataclass(frozen=True)
class Policy:
    """`num_ops` operations, one after the other, each with this magnitude, of 0 to 30.

    TrivialAugment draws one operation, and its magnitude too.
    """

    name: PolicyName
    num_ops: int = 1
    magnitude: int | None = None

    @classmethod
    def of(cls, recipe: Recipe) -> Policy | None:
        """The policy of a recipe, or None where it has none."""
        match recipe.auto_augment:
            case "none":
                return None
            case "trivialaugment":
                return cls("trivialaugment")
            case "randaugment":
                return cls("randaugment", recipe.num_ops, recipe.magnitude)

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """Pixels (N, C, H, W), uint8 or float32 from 0 to 255, changed, as uint8."""
        if pixels.is_floating_point():
            pixels = as_uint8(pixels.round())
        space = policy_space(self.name, *pixels.shape[2:], pixels.device)
        for choices in self.draw(len(pixels), pixels.device, generator):
            pixels = changed(pixels, choices, space)
        return pixels

    def draw(self, count: int, device: torch.device, generator: torch.Generator) -> Tensor:
        """A random choice for each operation of each of `count` images: (num_ops, count) int64."""
        chance = torch.rand(self.num_ops, 3, count, device=device, generator=generator)
        operation, strength, coin = chance.unbind(1)
        if self.magnitude is None:
            bins = (strength * BINS).long()
        else:
            bins = torch.full_like(strength, self.magnitude).long()
        return choice((operation * len(Operation)).long(), bins, coin < 0.5)


def changed(pixels: Tensor, choices: Tensor, space: PolicySpace) -> Tensor:
    """Pixels (N, C, H, W) uint8 after the operation that each image drew; choices are (N,)."""
    operations = choices // PER_OPERATION
    strengths = space.strengths.index_select(0, choices)
    matrices = space.matrices.index_select(0, choices)
    tables = levels(pixels).to(torch.uint8).repeat(len(pixels), 1, 1)
    is_tone = torch.zeros_like(operations, dtype=torch.bool)
    for operation, tone in TONES.items():
        drawn = operations == operation
        change_drawn(tables, drawn, tone, pixels, strengths)
        is_tone |= drawn
    found = pixels.clone()
    change_drawn(found, is_tone, looked_up, pixels, tables)
    is_warp = (operations >= WARPS.start) & (operations < WARPS.stop)
    change_drawn(found, is_warp, warped, pixels, matrices)
    change_drawn(found, operations == Operation.COLOR, saturated, pixels, strengths)
    change_drawn(found, operations == Operation.SHARPNESS, sharpened, pixels, strengths)
    return found


def change_drawn(
    found: Tensor, drawn: Tensor, change: Callable[..., Tensor], *given: Tensor
) -> None:
    """Put what `change` makes of the drawn images' rows of each of `given` into their rows.

    `drawn` is (N,) bool, and all tensors have N rows, the first of `given` the most values.
    """
    put = change_rows if found.device.type == "cpu" else change_masked
    put(found, drawn, change, *given)


def change_rows(
    found: Tensor, drawn: Tensor, change: Callable[..., Tensor], *given: Tensor
) -> None:
    """As `change_drawn`, of the drawn rows alone, a few at a time; reads which ones they are."""
    chosen, at_once = drawn.nonzero()[:, 0], 1 + CACHED_VALUES // given[0][0].numel()
    for rows in torch.split(chosen, at_once) if len(chosen) else ():
        images = change(*(each.index_select(0, rows) for each in given))
        # Up to nine times faster than index_copy_.
        for row, image in zip(rows.tolist(), images, strict=True):
            found[row] = image


def change_masked(
    found: Tensor, drawn: Tensor, change: Callable[..., Tensor], *given: Tensor
) -> None:
    """As `change_drawn`, of all rows; waits for nothing."""
    mask = drawn.view(-1, *[1] * (found.ndim - 1))
    found.copy_(torch.where(mask, change(*given), found))
