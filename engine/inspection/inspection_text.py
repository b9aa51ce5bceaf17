"""Sentences for the user about requests to inspect a model."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text import harmless, nearest


def no_maps(layer: str, names: Iterable[str]) -> str:
    return f"the layer {harmless(layer)!r} has no feature maps: {nearest(layer, names)}"


def no_such_image(split: str, count: int) -> str:
    return f"there are {count:,} {split} images: ask for one from 0 to {count - 1}."


def no_images_known(epoch: int) -> str:
    return (
        f"the engine no longer knows which images were in this cell in epoch {epoch}: choose one "
        "of the most frequent mistakes, whose images are kept."
    )


def no_such_class(count: int) -> str:
    return f"there are {count:,} classes: ask for two from 0 to {count - 1}."


def cannot_read(split: str, image: int) -> str:
    return f"the {split} image {image} cannot be read, so it cannot be compared: choose another."


NO_CLASSES = "neighbours are those of two classes: ask with a cell of both, label and held for."
NOT_FINITE = (
    "what the network computes for this image is not finite, so nothing is near it: look at a run "
    "whose loss is finite."
)
NO_KERNELS = "this architecture has no convolution and so no kernels: look at another run."
