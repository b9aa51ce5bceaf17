"""Sentences for the user about requests to inspect a model."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text import harmless, nearest


def no_maps(layer: str, names: Iterable[str]) -> str:
    return f"the layer {harmless(layer)!r} has no feature maps: {nearest(layer, names)}"


def no_such_image(count: int) -> str:
    return f"there are {count:,} validation images: ask for one from 0 to {count - 1}."


def no_images_known(epoch: int) -> str:
    return (
        f"the engine no longer knows which images were in this cell in epoch {epoch}: choose one "
        "of the most frequent mistakes, whose images are kept."
    )


NO_KERNELS = "this architecture has no convolution and so no kernels: look at another run."
