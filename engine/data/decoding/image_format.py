"""The common format of the images of a data set. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.data.decoding.rendering import Rendering

if TYPE_CHECKING:  # decoding processes know no recipe
    from engine.recipes.recipe import Fit

Pixels: TypeAlias = npt.NDArray[np.uint8]
Shares: TypeAlias = npt.NDArray[np.float32]

AS_IN_FILE = Rendering()


@dataclass(frozen=True)
class ImageFormat:
    """The common format of all images: (channels, size, size), with a margin of `frame` pixels.

    `fit` and `crop_pct` say which part of an image is seen, as in a recipe. `canvas` is the shorter
    side to which an image is decoded before, or 0 where it is decoded to this size at once.
    """

    channels: int
    size: int
    frame: int = 0
    rendering: Rendering = AS_IN_FILE
    fit: Fit = "crop"
    crop_pct: float = 1.0
    canvas: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.size, self.size
