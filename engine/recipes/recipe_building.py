"""Builds a recipe from several sources; a later source overrides an earlier one.

The sources are the preset, a TOML file, that file's `[resolved]` table, `--set`, and the flags.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine import text
from engine.catalog import architecture_names
from engine.catalog.architectures import (
    ARCHITECTURES,
    adjustable,
    families,
    has_weights,
)
from engine.catalog.data_shape import LARGEST_SMALL_IMAGE
from engine.errors import UsageError
from engine.recipes import image_checks, image_normalisation, part_checks, presets, recipe_text
from engine.recipes.field_checks import checked
from engine.recipes.recipe import FIELDS, PHOTOGRAPH_SIZE, PIXELS_BEFORE, Recipe
from engine.recipes.recipe_toml import read_fields


def build_recipe(
    *,
    file: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Recipe:
    """A checked recipe from the fields of a TOML file, `--set` settings and flags.

    Raises UsageError, which names the field and the values that it allows.
    """
    given = {**_fields_of(file or {}), **(settings or {}), **(flags or {})}
    for key in given:
        if key not in FIELDS:
            raise UsageError(recipe_text.unknown_key(key, FIELDS))
    defaults = Recipe()
    arch, data, name = (
        str(given.get(key, getattr(defaults, key))) for key in ("arch", "data", "preset")
    )
    if not architecture_names.well_formed(arch):
        raise UsageError(recipe_text.unknown_architecture(arch, ARCHITECTURES))
    if name == presets.AUTO:  # without a look at the images; see `build_for_images`
        name = given["preset"] = presets.chosen(arch, 0)
    pretrained = given.get("pretrained") is True
    fine_tunes = pretrained or bool(given.get("init_from"))
    values = presets.preset(name, arch, data, fine_tunes=fine_tunes) | given
    if pretrained and values.get("size", "auto") == "auto":
        values["size"] = PHOTOGRAPH_SIZE
    values |= _given_way(values, given)
    recipe = Recipe(**{key: checked(key, value) for key, value in values.items()})
    _check_architecture(recipe)
    image_checks.check(recipe)
    part_checks.check(recipe)
    image_normalisation.named(recipe.normalise)
    return recipe


def _given_way(values: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """The fields of a preset that give way to fields that were given and exclude them."""
    given_way = dict[str, object]()
    if _grows_from_above(values):
        given_way["size_start"] = 0
    if values.get("crop_scale"):
        given_way["crop"] = 0
    return {key: value for key, value in given_way.items() if key not in given}


def _grows_from_above(values: Mapping[str, object]) -> bool:
    """Whether the images of a preset would have to shrink to the size of a recipe."""
    start, size = values.get("size_start", 0), values.get("size")
    return isinstance(start, int) and isinstance(size, int) and start > size


def read_recipe(path: Path) -> Recipe:
    """The recipe of a TOML file. Raises UsageError if it cannot be read or is wrong."""
    return build_recipe(file=read_fields(path))


class SeenImages(NamedTuple):
    """What a look at the user's images has found, by which a preset and a batch are chosen.

    `shorter_side` is the median of those of the images in pixels, and `training` the number of
    those that train in a small set. Each is 0 for other data, and where it is not known.
    """

    shorter_side: int = 0
    training: int = 0


def build_for_images(
    seen: SeenImages,
    *,
    file: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Recipe:
    """As `build_recipe`, with the preset and the batch that suit the images where none is given.

    `auto` is no preset. Where fields that are given exclude those of that preset, the preset is
    that for other data; where they exclude that batch, it is the preset's.
    """
    given = {**_fields_of(file or {}), **(settings or {}), **(flags or {})}
    if is_auto(given):
        name = presets.chosen(str(given.get("arch", Recipe().arch)), seen.shorter_side)
        named = {**(flags or {}), "preset": name}
        with contextlib.suppress(UsageError):
            recipe = build_recipe(file=file, settings=settings, flags=named)
            return _with_batch_for(seen.training, recipe, given)
    recipe = build_recipe(file=file, settings=settings, flags=flags)
    return _with_batch_for(seen.training, recipe, given)


def _with_batch_for(images: int, recipe: Recipe, given: Collection[str]) -> Recipe:
    """The recipe with the batch for so many training images, unless one is among what is given."""
    if "batch" in given:
        return recipe
    batch = fitted_batch(recipe, images)
    scale = 1.0 if "lr" in given else presets.rate_scale(recipe.batch, batch)
    return msgspec.structs.replace(recipe, batch=batch, lr=recipe.lr * scale)


def fitted_batch(recipe: Recipe, images: int) -> int:
    """The batch in place of a recipe's for so many training images, where the recipe allows it.

    Several GPUs share the batch of the recipe, since few images each would starve them.
    """
    if recipe.gpus != 1:
        return recipe.batch
    fitted = msgspec.structs.replace(recipe, batch=presets.batch_for(recipe.batch, images))
    with contextlib.suppress(UsageError):
        part_checks.check(fitted)
        return fitted.batch
    return recipe.batch


def is_auto(given: Mapping[str, object]) -> bool:
    """Whether the preset of these fields is to be chosen for the images."""
    return given.get("preset", presets.AUTO) == presets.AUTO


def _fields_of(file: Mapping[str, object]) -> dict[str, object]:
    """The fields of a recipe file, with the resolved values in place of every `auto`.

    The file of a run that has started names every field that its version had. A newer one keeps its
    default there, whatever the preset says now: the run goes on as it was.
    """
    fields = {key: value for key, value in file.items() if key != "resolved"}
    resolved = file.get("resolved", {})
    if not isinstance(resolved, Mapping):
        return fields
    if resolved:
        fields = msgspec.structs.asdict(Recipe()) | PIXELS_BEFORE | fields
    # The resolved device is "cuda"; a recipe that says "cuda:1" keeps the number.
    numbered = str(file.get("device", "")).startswith(f"{resolved.get('device')}:")
    return fields | {k: v for k, v in resolved.items() if not (numbered and k == "device")}


def fields_for_device(file: Mapping[str, object], device: str) -> dict[str, object]:
    """The fields of a run's recipe file, changed so that the run resumes on another device.

    Every `auto` is resolved again there, except how images become pixels, which the weights fix.
    The number of GPUs becomes 1.
    """
    resolved = file.get("resolved", {})
    known = resolved if isinstance(resolved, Mapping) else {}
    kept = {key: known[key] for key in ("size", "canvas", *PIXELS_BEFORE) if key in known}
    fields = {key: value for key, value in file.items() if key != "resolved"}
    changed = kept | {"device": device, "gpus": 1}
    return msgspec.structs.asdict(Recipe()) | PIXELS_BEFORE | fields | changed


def _check_architecture(recipe: Recipe) -> None:
    """Raise UsageError if a field asks for something that the architecture does not have."""
    for field in ("act", "bn", "dropout", "drop_path"):
        if getattr(recipe, field) != "default" and not adjustable(recipe.arch, field):
            suitable = families(a for a in ARCHITECTURES.values() if field in a.adjusts)
            raise UsageError(recipe_text.not_adjustable(field, recipe.arch, suitable))
    if recipe.pretrained and not has_weights(recipe.arch):
        suitable = families(a for a in ARCHITECTURES.values() if a.top1 is not None)
        raise UsageError(recipe_text.no_pretrained(recipe.arch, suitable))
    if recipe.pretrained and recipe.size != "auto" and recipe.size <= LARGEST_SMALL_IMAGE:
        raise UsageError(text.pretrained_too_small(recipe.size))


def difference_from_preset(recipe: Recipe, keys: Sequence[str] = FIELDS) -> dict[str, object]:
    """The fields among `keys` in which a recipe differs from its preset."""
    named = ("arch", "data", "preset", "pretrained", "init_from")
    plain = build_recipe(flags={key: getattr(recipe, key) for key in named})
    plain = msgspec.structs.replace(plain, pretrained=False, init_from="")
    return {
        key: getattr(recipe, key) for key in keys if getattr(recipe, key) != getattr(plain, key)
    }
