"""Keeps which images of an inspected data set stand in two classes or in two splits."""

from __future__ import annotations

from engine.data.inventory.inventory import Inventory
from engine.data.survey.survey import Findings
from engine.recipes.recipe import Recipe
from engine.run.image_names import digest_of_labels, joined
from engine.suspicion import repeated_images
from engine.suspicion.repeated_images import Lists


def keep(recipe: Recipe, inventory: Inventory, found: Findings) -> None:
    """Keep what was found in the data of the recipe, for the runs on the same lists of images."""
    splits = inventory.train, inventory.validation
    training, validation = (joined(image.name for image, _ in split) for split in splits)
    labels = digest_of_labels(*([label for _, label in split] for split in splits))
    files = {image.name: image.file for image, _ in inventory.images}
    lists = Lists(recipe.data, training, validation, labels)
    repeated_images.keep(lists, repeated_images.among(found), files)
