"""The decorator with which a file defines an architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from torch import Tensor, nn

from engine.catalog.data_shape import DataShape
from engine.models.layer_options import LayerOptions

# Makes a freshly initialised model.
Builder: TypeAlias = Callable[[DataShape, LayerOptions], nn.Module]


@dataclass(frozen=True)
class Definition:
    """An architecture: the function that builds its models, and facts that no model contains.

    `year` and `top5_error` come from its paper; the error is often that of an ensemble. `new` says
    what was new. `smallest` is the side of the smallest possible images, in pixels.
    """

    build: Builder
    key: str
    title: str
    family: str
    year: int
    new: str
    top5_error: float | None
    smallest: int


def architecture(
    key: str,
    title: str,
    *,
    family: str,
    year: int,
    new: str,
    top5_error: float | None = None,
    smallest: int = 1,
) -> Callable[[Builder], Definition]:
    """Decorate the function that builds an architecture's models; see `Definition`."""
    return lambda build: Definition(build, key, title, family, year, new, top5_error, smallest)


@runtime_checkable
class FromImages(Protocol):
    """A model that computes some of its initial weights from training images."""

    def initialise_from(self, images: Tensor) -> None:
        """Compute the weights from a few thousand normalised images (N, C, H, W) float32."""
