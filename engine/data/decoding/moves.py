"""The largest moves of an image in training, other than its crop. Loads no torch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # decoding processes know no recipe
    from engine.recipes.recipe import Fill, Recipe


@dataclass(frozen=True, kw_only=True)
class Moves:
    """The largest moves.

    `rotate` and `shear` (degrees) and `shift` (a share of the side) are the largest amounts in
    either direction. The visible shares are 1 ± `zoom`, independent for width and height. `rot90`
    rotates by a random multiple of 90°. `flip` mirrors half of the images; "alternating" mirrors
    each image in every other epoch, half of them in the first (Jordan 2024, "94% on CIFAR-10 in
    3.29 seconds on a single GPU"), and `seed` determines which half.
    """

    flip: bool | Literal["alternating"] = False
    rotate: float = 0.0
    rot90: bool = False
    shift: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    fill: Fill = "nearest"
    seed: int = 0


def moves_of(recipe: Recipe) -> dict[str, Any]:
    """The values of a recipe for the fields of `Moves`, which have the same names there."""
    return {field.name: getattr(recipe, field.name) for field in dataclasses.fields(Moves)}
