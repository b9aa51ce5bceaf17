"""Chooses the loader of a recipe's images, and whether validation images fit on the device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import torch

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.dataset import Dataset, Images, Split, StoredImages
from engine.data.base.seeds import derive_seed
from engine.data.decoding.cropping import Cropping
from engine.data.loaders.kept_views import KeptViews
from engine.data.loaders.resident_loader import ResidentLoader
from engine.data.loaders.streaming_loader import StreamingLoader
from engine.devices import device as devices
from engine.distributed.batch_share import WHOLE, BatchShare
from engine.recipes import image_growth
from engine.recipes.recipe import Recipe

Loader: TypeAlias = ResidentLoader | StreamingLoader


def loader(
    recipe: Recipe,
    dataset: Dataset,
    device: torch.device,
    layout: torch.memory_format,
    workers: int = 1,
    part: BatchShare = WHOLE,
    side_of: Callable[[int], int] | None = None,
) -> Loader:
    """A loader of the training images for a recipe; close it.

    A streaming loader keeps `workers` processes. Each rank gets its part of each training and
    evaluation batch, and augments it with different random numbers. `side_of` gives the height and
    width of the crops of an epoch, if not the recipe. Raises UsageError where the parts of a batch
    would not be equal.
    """
    augmentation = Augmentation.of(recipe, dataset.image_format.canvas)
    if part.rank:
        seed = derive_seed(recipe.seed, part.rank)
        augmentation = dataclasses.replace(augmentation, seed=seed)
    shared: dict[str, Any] = {
        "mean": dataset.mean,
        "std": dataset.std,
        "batch": recipe.batch,
        "seed": recipe.seed,
        "augmentation": augmentation,
        "device": device,
        "memory_format": layout,
        "part": part,
    }
    if isinstance(dataset.train, StoredImages):
        has_canvas = dataset.image_format.canvas > 0
        planned = partial(image_growth.side, recipe, dataset.train.shape[-1], epochs=recipe.epochs)
        return StreamingLoader(
            dataset.train,
            **shared,
            workers=workers,
            cropping=Cropping.of(recipe) if has_canvas else None,
            side_of=side_of or planned,
            kept_views=_kept_views(dataset.validation) if has_canvas else None,
        )
    return ResidentLoader(dataset.train, **shared)


def _kept_views(validation: Split) -> KeptViews:
    """Keeps the views of canvases, which no store has, under the rule for images in memory.

    They do not go to a GPU: what that has free, a training has taken for itself.
    """
    assert isinstance(validation, StoredImages)
    return KeptViews(validation, partial(devices.room, torch.device("cpu")))


def on_device(images: Split, device: torch.device) -> Split:
    """Images that are evaluated every epoch, moved to the device where they fit."""
    if isinstance(images, Images) and images.pixels.numel() <= devices.room(device):
        return images.to(device)
    return images
