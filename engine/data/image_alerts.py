"""Alerts on what a recipe makes of images: why this preset and size, and what training shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.catalog import architecture_names
from engine.data import data_text
from engine.data.decoding.image_format import ImageFormat
from engine.data.reading import format_choice
from engine.data.reading.image_sizes import Size, median_side
from engine.data.survey.surveying import enlarged
from engine.protocol.events import Alert
from engine.recipes import image_growth, presets
from engine.recipes.augmentation_names import augmentations
from engine.recipes.recipe import PHOTOGRAPH, PHOTOGRAPH_SIZE, Recipe

# Images that are enlarged more than so many times look blurred.
MUCH_ENLARGED = 2


def image_alerts(
    sizes: Sequence[Size], image_format: ImageFormat, recipe: Recipe
) -> Iterator[Alert]:
    """What the log says of images in this format; `sizes` are of a sample of the user's files."""
    size = image_format.size
    if preset := _preset(sizes, size, recipe):
        yield Alert("info", "recipe", preset)
    if chosen := _size(sizes, size, recipe):
        yield Alert("info", "size", chosen)
    if much := enlarged(Counter(sizes), image_format, MUCH_ENLARGED):
        suits = size if recipe.pretrained else format_choice.chosen_size(sizes)
        yield Alert("warning", "size", data_text.enlarged(much, len(sizes), size, suits))
    if recipe.crop_scale:
        yield Alert("info", "crops", _crops(size, recipe))


def _preset(sizes: Sequence[Size], size: int, recipe: Recipe) -> str:
    """Whether a preset that `auto` may choose suits the user's files, and why; else empty."""
    if not sizes or recipe.preset not in (presets.PHOTO_NAME, presets.QUICK_NAME):
        return ""
    median = median_side(sizes)
    if recipe.preset == presets.PHOTO_NAME:
        return data_text.photo_trains(size, median, PHOTOGRAPH)
    if median < PHOTOGRAPH:
        return data_text.quick_for_small(median, PHOTOGRAPH)
    if presets.suits_photographs(recipe.arch):
        return data_text.QUICK_ALTHOUGH
    return data_text.quick_for_network(architecture_names.short_name(recipe.arch))


def _size(sizes: Sequence[Size], size: int, recipe: Recipe) -> str:
    """Why the images have a size that the user did not name; else empty."""
    if recipe.pretrained and recipe.size == PHOTOGRAPH_SIZE:
        return data_text.size_of_weights(size)
    if recipe.size != "auto" or not sizes:
        return ""
    median = median_side(sizes)
    if median >= PHOTOGRAPH:
        return data_text.size_of_photographs(size, median, PHOTOGRAPH)
    if format_choice.keeps_size(sizes):
        return ""
    return data_text.size_near_median(size, median, format_choice.STEP)


def _crops(size: int, recipe: Recipe) -> str:
    """What random crops show the network in training."""
    epochs = range(1, recipe.epochs + 1)
    growing = sum(image_growth.side(recipe, size, epoch, recipe.epochs) < size for epoch in epochs)
    changes = [name for name in augmentations(recipe) if name != "crop_scale"]
    return data_text.training_crops(
        recipe.crop_scale, changes, recipe.size_start if growing else size, size, growing
    )
