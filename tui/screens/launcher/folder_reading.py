"""Reads a folder of images for the launcher, and says what must be decided about one."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import NamedTuple

import msgspec

from engine.catalog.data_shape import DataShape
from engine.data.inventory.data_inventory import class_names, inventory_of
from engine.data.reading.data_reading import with_format
from engine.data.reading.image_sizes import median_side
from engine.errors import EngineError, UndecidedError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import SeenImages
from engine.recipes.recipe_toml import parse_setting
from engine.start import recipe_resolution
from tui.screens.launcher.new_run import ImageFolder, NewRun

# So many proposals say which classes they give: each is read for that.
MOST_READ = 3


class Proposal(NamedTuple):
    """A setting that makes a folder usable, as `--set` takes it, with the classes that it gives."""

    setting: str
    classes: tuple[str, ...] = ()


class Unusable(NamedTuple):
    """Why a folder cannot be trained on as it is, and the settings that would change this."""

    why: str
    proposals: tuple[Proposal, ...] = ()


def look_into(path: str, new: NewRun, setting: str = "") -> ImageFolder | Unusable:
    """The folder, read with this setting and the fields of the new run; or what is in the way."""
    try:
        return image_folder(path, new, setting)
    except UndecidedError as error:
        return Unusable(str(error), _proposals(path, new, error.settings))
    except EngineError as error:
        return Unusable(str(error))


def image_folder(path: str, new: NewRun, setting: str = "") -> ImageFolder:
    """The folder, with the common size and colours of a sample of its images.

    Raises DataError if the folder does not exist or cannot be trained on.
    """
    chosen = _recipe(path, new, setting)
    read = with_format(inventory_of(chosen), chosen)
    found, form = read.inventory, read.image_format
    shape = DataShape(form.channels, form.size, len(found.classes))
    seen = SeenImages(median_side(read.sizes), len(found.train))
    return ImageFolder(chosen.data, len(found.images), shape, setting, seen)


def _recipe(path: str, new: NewRun, setting: str) -> Recipe:
    place = recipe_resolution.resolve_data(path if "/" in path else f"./{path}")
    needed = dict([parse_setting(setting)] if setting else [])
    recipe = replace(new, fields={**new.fields, **needed}).recipe_for(place)
    return msgspec.structs.replace(recipe, size="auto")


def _proposals(path: str, new: NewRun, settings: tuple[str, ...]) -> tuple[Proposal, ...]:
    proposals = [Proposal(setting) for setting in settings]
    for index, proposal in enumerate(proposals[:MOST_READ]):
        with contextlib.suppress(EngineError):
            classes = class_names(_recipe(path, new, proposal.setting))
            proposals[index] = proposal._replace(classes=classes)
    return tuple(proposals)
