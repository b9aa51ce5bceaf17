"""Checks the fields of a recipe that say how images become what the network sees, together."""

from __future__ import annotations

from engine.catalog import datasets
from engine.errors import UsageError
from engine.recipes import recipe_text
from engine.recipes.recipe import LARGEST_SIDE, SMALLEST_SIDE, TWO_SHARES, Recipe
from engine.recipes.recipe_toml import as_setting


def check(recipe: Recipe) -> None:
    """Raise UsageError where a list has another length or order, or where fields exclude others."""
    _check_pixels(recipe)
    if recipe.data in datasets.DATASETS:
        _check_published(recipe)
    _check_crops(recipe)
    _check_canvas(recipe)
    _check_policy(recipe)


def _check_pixels(recipe: Recipe) -> None:
    levels, bands = recipe.levels, recipe.bands
    if levels != "auto" and levels and (len(levels) != 2 or levels[0] >= levels[1]):
        raise UsageError(recipe_text.BAD_LEVELS)
    if len(bands) not in (0, 1, 3):
        raise UsageError(recipe_text.bad_bands(len(bands)))


def _check_crops(recipe: Recipe) -> None:
    scale, ratio = recipe.crop_scale, recipe.crop_ratio
    if scale and (len(scale) != 2 or scale[0] > scale[1]):
        raise UsageError(recipe_text.bad_value("crop_scale", as_setting(scale), TWO_SHARES))
    if ratio[0] > ratio[1]:
        raise UsageError(recipe_text.BAD_CROP_RATIO)
    if scale and recipe.crop:
        raise UsageError(recipe_text.TWO_CROPS)
    if 0 < recipe.size_start < SMALLEST_SIDE:
        raise UsageError(recipe_text.bad_start(recipe.size_start, SMALLEST_SIDE, LARGEST_SIDE))
    if recipe.size_start and not scale:
        raise UsageError(recipe_text.START_WITHOUT_CROPS)
    if recipe.size_start and recipe.loader == "resident":
        raise UsageError(recipe_text.START_RESIDENT)
    if recipe.size != "auto":
        check_growth(recipe, recipe.size)


def check_growth(recipe: Recipe, size: int) -> None:
    """Raise UsageError where images would have to shrink to this size over the epochs."""
    if recipe.size_start > size:
        raise UsageError(recipe_text.start_above_size(recipe.size_start, size))


def _check_canvas(recipe: Recipe) -> None:
    canvas = recipe.canvas
    if canvas == "auto":
        return
    if recipe.size_start and not canvas:
        raise UsageError(recipe_text.START_WITHOUT_CANVAS)
    if canvas and not recipe.crop_scale:
        raise UsageError(recipe_text.CANVAS_WITHOUT_CROPS)
    if canvas and recipe.loader == "resident":
        raise UsageError(recipe_text.CANVAS_RESIDENT)
    if recipe.size != "auto":
        check_canvas(recipe, recipe.size)


def check_canvas(recipe: Recipe, size: int) -> None:
    """Raise UsageError where a canvas would be smaller than what the network sees of it."""
    if recipe.canvas != "auto" and 0 < recipe.canvas < size:
        raise UsageError(recipe_text.canvas_below_size(recipe.canvas, size))


def _check_policy(recipe: Recipe) -> None:
    plain = Recipe()
    changed = (recipe.num_ops, recipe.magnitude) != (plain.num_ops, plain.magnitude)
    if changed and recipe.auto_augment != "randaugment":
        raise UsageError(recipe_text.STRENGTH_OF_RANDAUGMENT)


def _check_published(recipe: Recipe) -> None:
    """Raise UsageError for what needs image files: a published set is squares of one size."""
    wanted = {
        "size_start": recipe.size_start > 0,
        "canvas": recipe.canvas not in ("auto", 0),
        "crop_pct": recipe.crop_pct < 1,
        "fit": recipe.fit != "crop",
    }
    if fields := [field for field, is_wanted in wanted.items() if is_wanted]:
        raise UsageError(recipe_text.needs_files(fields[0], recipe.data))
