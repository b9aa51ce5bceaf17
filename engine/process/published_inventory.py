"""The inventory of a published data set, whose images have neither files nor names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from engine.catalog import datasets
from engine.data.inventory.inventory import Inventory
from engine.process import process_text
from engine.recipes.recipe import Recipe

if TYPE_CHECKING:
    from engine.data.base.dataset import Split
    from engine.data.stored.stored_image import LabelledImages


@dataclass(frozen=True, slots=True)
class PublishedImage:
    """Pixels (H, W, C) of uint8 in memory."""

    name: str
    shape: tuple[int, int, int]
    pixels: bytes

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        pixels = np.frombuffer(self.pixels, np.uint8).reshape(self.shape)
        return Image.fromarray(pixels[:, :, 0] if self.shape[2] == 1 else pixels)

    def encoded(self, most: int) -> bytes:
        return b""

    def content(self) -> bytes:
        return self.pixels


def published_inventory(recipe: Recipe) -> Inventory:
    """The images of a data set of the catalogue as it is trained on.

    Raises DataError where it is not on this disk.
    """
    from engine.data.loading import load, load_at_once

    dataset = load_at_once(load(recipe))
    facts = datasets.DATASETS[recipe.data]
    return Inventory(
        f"{facts.key} ({facts.title})",
        dataset.classes,
        _images(dataset.train),
        _images(dataset.validation),
        dataset.validates,
        [] if dataset.test is None else _images(dataset.test),
        layout=process_text.published_layout(facts.source),
        notes=dataset.notes,
        decided=dataset.decided,
    )


def _images(images: Split) -> LabelledImages:
    """The images of a split, named by their part of the data set and their number in it."""
    shown = map(images.one, range(len(images)))
    return [(_image(one.name, one.pixels.permute(1, 2, 0).numpy()), one.label) for one in shown]


def _image(
    name: str, pixels: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
) -> PublishedImage:
    return PublishedImage(name, pixels.shape, pixels.tobytes())
