"""The images with which an exported file is compared with its network."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.catalog import datasets
from engine.data.base.dataset import LEFT_OUT, Images, StoredImages
from engine.data.inventory.data_inventory import inventory_of
from engine.data.loading import load, load_at_once
from engine.data.reading.pixel_batches import pixel_batches
from engine.errors import DataError
from engine.export import export_text
from engine.recipes.recipe import Recipe
from engine.run.kept_decisions import with_kept
from engine.trained.trained_network import TrainedNetwork

IMAGES = 64


def validation_pixels(network: TrainedNetwork) -> Tensor:
    """Pixels (up to 64, C, size, size) uint8 of validation images of its run, from all its classes.

    Raises DataError where there are none on this disk, and UsageError where the user's code fails.
    """
    recipe, code = network.recipe, None
    if (run := network.saved.run) is not None:
        recipe, code = with_kept(recipe, run), run.data_code
    if recipe.data in datasets.DATASETS:
        return _published(network, recipe)
    inventory = inventory_of(recipe, code)
    chosen = [inventory.validation[index] for index in _spread(len(inventory.validation))]
    labels = torch.tensor([label for _, label in chosen])
    stored = [image for image, _ in chosen]
    images = StoredImages(inventory.place, stored, labels, network.image_format)
    batches = pixel_batches(images, IMAGES)
    kept = [pixels[labels != LEFT_OUT] for pixels, labels in batches]
    if not any(map(len, kept)):
        raise DataError(export_text.NONE_READABLE)
    return torch.cat(kept)


def random_pixels(network: TrainedNetwork) -> Tensor:
    """Pixels (64, C, size, size) uint8 of noise, the same for every network of this size."""
    shape = (IMAGES, *network.image_format.shape)
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def _published(network: TrainedNetwork, recipe: Recipe) -> Tensor:
    known = datasets.DATASETS[recipe.data]
    if datasets.folder_of(known, recipe.data_dir) is None:
        raise DataError(export_text.not_on_this_disk(known.title))  # loading would download it
    images = load_at_once(load(recipe)).validation
    assert isinstance(images, Images)
    if images.shape != network.image_format.shape:
        raise DataError(export_text.OTHER_SIZE)
    return images.pixels[_spread(len(images))]


def _spread(count: int) -> list[int]:
    """The indices of so many images, or of 64 among them: lists are in the order of classes."""
    return torch.linspace(0, count - 1, min(count, IMAGES)).long().tolist() if count else []
