"""Where the view of an image lies on its canvas, random for each image. Loads no torch.

`Cropping.drawn` makes a `Placement`; `resampling.cropped` makes pixels of it.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.data.decoding import crop_box
from engine.data.decoding.canvas import Canvas
from engine.data.decoding.crop_box import Box, drawn_box
from engine.data.decoding.image_chances import image_chances
from engine.data.decoding.moves import Moves, moves_of

if TYPE_CHECKING:  # decoding processes know no recipe
    from engine.recipes.recipe import Fill, Recipe

# How `grid_sample` names each fill.
PADDING_MODES: Mapping[Fill, str] = {
    "nearest": "border",
    "constant": "zeros",
    "reflect": "reflection",
}

# The places of one table of random numbers, so that no option changes the numbers of another one.
ANGLE, QUARTER, DOWN, RIGHT, ZOOM_X, ZOOM_Y, SHEAR, COIN, BOX = range(9)
# Epochs count from 1. The numbers of this one say how the alternating flip of an image begins.
BEFORE_ALL = 0


class SourceMap(NamedTuple):
    """The place on a canvas that each point of a view shows; x + iy, in pixels of the canvas.

    The point (u, v) of the view, from -½ to ½, shows `centre` + u · `across` + v · `along`.
    """

    centre: complex
    across: complex
    along: complex


class Placement(NamedTuple):
    """How a view shows a canvas.

    The box becomes a square. It is then transformed as `augmentation.geometry.Transform` says, but
    for the angle, which is that of `quarters` (of a full turn, clockwise) and `angle` together, and
    the shifts, which are shares of the side. What comes into the view from outside the box is what
    the canvas shows there, and `fill` outside the canvas.
    """

    box: Box
    mirrored: bool = False
    quarters: int = 0
    angle: float = 0.0
    down: float = 0.0
    right: float = 0.0
    shear: float = 0.0
    zoom_x: float = 1.0
    zoom_y: float = 1.0
    fill: Fill = "nearest"

    @property
    def is_upright(self) -> bool:
        """Whether the view shows just its box, perhaps mirrored or turned by quarters."""
        moved = self.angle or self.down or self.right or self.shear
        return not moved and self.zoom_x == self.zoom_y == 1

    def source(self) -> SourceMap:
        """The inverse of the transform, as `augmentation.geometry.inverse_matrix`."""
        left, top, width, height = self.box
        turn = cmath.exp(-1j * (self.angle + self.quarters * math.pi / 2))
        shift = -turn * complex(self.right, self.down)
        across = turn * self.zoom_x * (-1 if self.mirrored else 1)
        along = turn * self.zoom_y * complex(math.tan(self.shear), 1)
        return SourceMap(
            stretched(shift, width, height) + complex(left + width / 2, top + height / 2),
            stretched(across, width, height),
            stretched(along, width, height),
        )


def stretched(point: complex, horizontally: float, vertically: float) -> complex:
    return complex(point.real * horizontally, point.imag * vertically)


@dataclass(frozen=True)
class Cropping(Moves):
    """Random resized crops, and the largest moves of each.

    `scale` are the smallest and the largest share of the area of the image, `ratio` those of width
    to height.
    """

    scale: tuple[float, float]
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    @classmethod
    def of(cls, recipe: Recipe) -> Cropping | None:
        """The cropping of a recipe, or None where it has no random resized crops."""
        if not recipe.crop_scale:
            return None
        low, high = recipe.crop_scale
        return cls(scale=(low, high), ratio=recipe.crop_ratio, **moves_of(recipe))

    def drawn(self, epoch: int, index: int, canvas: Canvas) -> Placement:
        """A random placement, which depends on the seed, the epoch, the index and the canvas."""
        chance = image_chances(BOX + crop_box.NUMBERS, self.seed, epoch, index)
        either = [number * 2 - 1 for number in chance[:BOX]]  # from -1 to 1
        return Placement(
            box=drawn_box(canvas, self.scale, self.ratio, chance[BOX:]),
            mirrored=self._mirrored(epoch, index, chance[COIN]),
            quarters=int(chance[QUARTER] * 4) if self.rot90 else 0,
            angle=either[ANGLE] * math.radians(self.rotate),
            down=either[DOWN] * self.shift,
            right=either[RIGHT] * self.shift,
            shear=either[SHEAR] * math.radians(self.shear),
            zoom_x=1 + either[ZOOM_X] * self.zoom,
            zoom_y=1 + either[ZOOM_Y] * self.zoom,
            fill=self.fill,
        )

    def _mirrored(self, epoch: int, index: int, coin: float) -> bool:
        if self.flip == "alternating":
            first = image_chances(BOX, self.seed, BEFORE_ALL, index)[COIN] < 0.5
            return first ^ (epoch % 2 == 1)
        return self.flip and coin < 0.5
