"""Resolves the words of a command line to a checked recipe, with absolute paths of its files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from engine import text
from engine.catalog import data_names, datasets
from engine.checkpoints import foreign_file
from engine.data import data_text
from engine.data.inventory import data_inventory, quick_look
from engine.data.inventory.class_naming import NamePairs, read_name_pairs
from engine.data.inventory.containers import own_check
from engine.data.inventory.quick_look import QuickLook
from engine.data.reading.image_sizes import median_side, sampled, sizes_of
from engine.errors import DataError, EngineError, UsageError
from engine.recipes import presets
from engine.recipes.recipe import CACHE_WORDS, Recipe
from engine.recipes.recipe_building import (
    SeenImages,
    build_for_images,
    build_recipe,
    difference_from_preset,
    is_auto,
)
from engine.recipes.recipe_toml import parse_setting, read_fields
from engine.run import label_decisions
from engine.run.run_paths import RunDir
from engine.run.saved_file import find_saved
from engine.start import start_text
from engine.start.model_names import absolute_architecture, check_architecture, check_size

# The weights of a run fit only a recipe with the same values of these fields.
INHERITED = ("arch", "act", "bn")
# The fields that say how the names in a folder are understood.
OF_LAYOUT = ("labels", "holdout", "image_column", "label_column")


def resolve_recipe(
    named: str | None,
    sets: Sequence[str],
    flags: Mapping[str, object],
    runs_dir: Path,
    resumed: RunDir | None = None,
) -> Recipe:
    """The recipe of `--recipe NAME|FILE`, `--set` and the flags, with its data found on the disk.

    A `resumed` run starts from its own weights. Raises UsageError for a wrong name, key or value,
    DataError for missing data, and RunError if `init_from` names a run that does not exist.
    """
    settings = dict(parse_setting(setting) for setting in sets)
    file = file_fields(named)
    seen = look_at_images({**file, **settings, **flags})
    recipe = recipe_of_fields(file, settings, flags, runs_dir, resumed, seen)
    check_data(recipe)
    return recipe


def look_at_images(given: Mapping[str, object]) -> SeenImages:
    """What is seen of the data of these fields, where their preset or batch is to be chosen by it.

    It is nothing where the data cannot be read: the recipe is not checked yet, nor is its data.
    """
    with contextlib.suppress(EngineError):
        return seen_images(given)
    return SeenImages()


def seen_images(given: Mapping[str, object]) -> SeenImages:
    """As `look_at_images`. Raises as `resolve_data` and `check_data`."""
    if "data" not in given or ("batch" in given and not is_auto(given)):
        return SeenImages()
    fields = {key: given[key] for key in OF_LAYOUT if key in given}
    recipe = build_recipe(settings=fields, flags={"data": resolve_data(str(given["data"]))})
    look = quick_look.look_at(recipe)
    if look is None:
        return SeenImages()
    few = presets.ENOUGH_IMAGES
    count = 0 if "batch" in given else quick_look.count_for_training(look, recipe, few)
    return SeenImages(shorter_side(look) if is_auto(given) else 0, count)


def shorter_side(look: QuickLook) -> int:
    """The median of the shorter sides in pixels of some of the images, by their headers."""
    return median_side(sizes_of(sampled(quick_look.first_images(look))))


def recipe_of_fields(
    file: Mapping[str, object],
    settings: Mapping[str, object],
    flags: Mapping[str, object],
    runs_dir: Path,
    resumed: RunDir | None = None,
    seen: SeenImages = SeenImages(),  # noqa: B008 (a frozen value)
) -> Recipe:
    """As `resolve_recipe`, of fields that are read already; does not look into the data.

    `seen` is that of `look_at_images`.
    """
    if source := {**file, **settings, **flags}.get("init_from"):
        last = resumed and resumed.checkpoints / "last.pt"
        source = last or find_checkpoint(str(source), runs_dir)
        file = {**inherited_fields(source), **file}
        flags = {**flags, "init_from": str(source)}
    fields = {**default_fields({**file, **settings, **flags}), **flags}
    if resumed is None:  # a resumed run has its own copy of a user's file
        check_architecture(str({**file, **settings, **fields}["arch"]))
    recipe = build_for_images(seen, file=file, settings=settings, flags=fields)
    check_size(recipe)
    return with_absolute_paths(recipe)


def given_fields(named: str | None, sets: Sequence[str], flags: Mapping[str, object]) -> set[str]:
    """The fields that `--recipe`, `--set` and the flags set. Raises as `resolve_recipe` does."""
    settings = {parse_setting(setting)[0] for setting in sets}
    return {*file_fields(named), *settings, *flags}


def file_fields(named: str | None) -> dict[str, object]:
    """The fields of `--recipe NAME|FILE`."""
    if named is None:
        return {}
    if named in presets.CHOICES:
        return {"preset": named}
    if not os.path.exists(named) and not named.endswith(".toml"):
        raise UsageError(text.unknown_preset(named, presets.CHOICES))
    return read_fields(Path(named))


def with_absolute_paths(recipe: Recipe) -> Recipe:
    """The recipe with absolute paths, so that it means the same from any folder.

    Raises UsageError or DataError for a file or folder that does not exist.
    """
    return msgspec.structs.replace(
        recipe,
        arch=absolute_architecture(recipe.arch),
        data=resolve_data(recipe.data),
        data_dir=absolute_path(recipe.data_dir),
        class_names=name_pairs(recipe.class_names),
        decisions=decisions_file(recipe.decisions),
        cache=cache_folder(recipe.cache),
    )


def decisions_file(path: str) -> str:
    """The absolute path of a file of decisions on labels, empty for none.

    Raises UsageError if it cannot be read or understood.
    """
    file = absolute_path(path)
    if file:
        label_decisions.read(Path(file))
    return file


def cache_folder(cache: str) -> str:
    """The absolute path of the folder for decoded images; `auto`, `on` and `off` unchanged."""
    return cache if cache in CACHE_WORDS else absolute_path(cache)


def with_sources(chosen: Recipe, runs_dir: Path) -> Recipe:
    """A recipe that no command line made, with what its fields name found as for one.

    With the weights of a run come its architecture fields, except those that differ from the
    preset. Raises as `check_size`, `find_checkpoint`, `read_name_pairs` and `decisions_file` do.
    """
    check_size(chosen)
    found = msgspec.structs.replace(
        chosen,
        class_names=name_pairs(chosen.class_names),
        decisions=decisions_file(chosen.decisions),
        cache=cache_folder(chosen.cache),
    )
    if not chosen.init_from:
        return found
    source = find_checkpoint(chosen.init_from, runs_dir)
    kept = {"arch", *difference_from_preset(chosen, INHERITED)}
    inherited = {key: value for key, value in inherited_fields(source).items() if key not in kept}
    return msgspec.structs.replace(found, init_from=str(source), **inherited)


def name_pairs(chosen: str | NamePairs) -> str | NamePairs:
    """The pairs in the file of class names, so that a resume needs no file; else unchanged."""
    return read_name_pairs(chosen) if isinstance(chosen, str) and chosen else chosen


def absolute_path(path: str) -> str:
    """The absolute path of a folder or a file; an empty path stays empty."""
    return os.path.abspath(os.path.expanduser(path)) if path else ""


def default_fields(given: Mapping[str, object]) -> dict[str, object]:
    """The default architecture and data set, except for a field that is given.

    These are ResNet-18 and CIFAR-10 if that data is on disk, else LeNet-5 and digits. If a data set
    is given, the architecture depends on it.
    """
    data_dir = str(given.get("data_dir", ""))
    have_cifar = datasets.folder_of(datasets.DATASETS["cifar10"], data_dir) is not None
    arch, name = ("resnet18", "cifar10") if have_cifar else ("lenet5", "digits")
    if "data" in given:
        arch = "lenet5" if given["data"] == "digits" else "resnet18"
    return {k: v for k, v in {"arch": arch, "data": name}.items() if k not in given}


def resolve_data(name: str) -> str:
    """A name of the catalogue or a library unchanged, or an absolute path that exists.

    The path is that of a folder, a file, or the user's `FILE.py:FUNCTION`. Keeps symbolic links.
    `./NAME` always means a path. Raises UsageError or DataError if there is no such thing.
    """
    if name in datasets.DATASETS or data_names.is_of_library(name):
        return name
    if user := data_names.user_set(name):
        file = Path(os.path.abspath(os.path.expanduser(user.file)))
        own_check.check(user._replace(file=file))
        return f"{file}:{user.function}"
    if name.endswith(".py"):
        raise own_check.name_the_function(Path(os.path.expanduser(name)))
    path = Path(os.path.expanduser(name))
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise UsageError(text.not_unicode(name))
    if not os.path.exists(path):
        if "/" in name:
            raise DataError(text.folder_missing(path))
        raise UsageError(start_text.unknown_data(name, datasets.DATASETS))
    return os.path.abspath(path)


def find_checkpoint(source: str, runs_dir: Path) -> Path:
    """The checkpoint that `source` names: a file, or the best checkpoint of a run, else its last.

    Raises as `find_saved`, and UsageError if the file of another program is known to hold no
    weights that can be loaded.
    """
    saved = find_saved(source, runs_dir)
    if saved.run is None:
        foreign_file.check_weights(saved.path)
    return saved.path


def inherited_fields(weights: Path) -> dict[str, object]:
    """The architecture fields of the run that a checkpoint belongs to; none if it has no run."""
    run = RunDir(weights.parent.parent)
    if not run.recipe.is_file():
        return {}
    return {key: value for key, value in read_fields(run.recipe).items() if key in INHERITED}


def check_data(recipe: Recipe) -> None:
    """Raise DataError if a folder of images is missing or empty, or has only one class.

    A data set of the catalogue is downloaded when the run starts; raises UsageError if the recipe
    would stream it.
    """
    if recipe.data not in datasets.DATASETS:
        data_inventory.check(recipe)
    elif recipe.loader == "streaming":
        raise UsageError(data_text.cannot_stream(recipe.data))
