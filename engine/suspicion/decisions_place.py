"""The file that takes a person's decisions on the labels of a run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.catalog.data_names import short_name
from engine.recipes.recipe_building import read_recipe
from engine.run import image_names, label_decisions
from engine.run.run_paths import RunDir

USUAL = "labels.toml"
# The letters that a file's name has of the name of the data.
LETTERS = 50


def decisions_file(run: RunDir) -> Path:
    """The file for decisions on images of this run, which `--labels` of the next start may name.

    It is the one that the run began with, else `labels.toml` beside the folder of runs, unless that
    is of other data; then a file beside it with the name of the run's data. Raises EngineError for
    what cannot be read.
    """
    recipe = read_recipe(run.recipe)
    if recipe.decisions:
        return Path(recipe.decisions)
    folder = run.path.absolute().parent.parent
    names = _names(short_name(recipe.data)[:LETTERS])
    return next(folder / name for name in names if _is_free(folder / name, run, recipe.data))


def _names(data: str) -> Iterator[str]:
    yield from (USUAL, f"labels-{data}.toml")
    yield from (f"labels-{data}-{count}.toml" for count in itertools.count(2))


def _is_free(file: Path, run: RunDir, data: str) -> bool:
    """Whether a file is not there, or is of this data.

    One that does not say which data it is of is judged by the names in it.
    """
    found = label_decisions.read_if_there(file)
    if found is None or found.data or not found.decisions:
        return found is None or found.data in ("", data)
    return _are_of(run, [*found.decisions])


def _are_of(run: RunDir, names: Iterable[str]) -> bool:
    """Whether images with these names are those of the run.

    Numbers prove nothing: other data has a `train/17`, too. The run does not know the names of test
    images; so others may be unknown where they lie in no folder in which the run has images.
    """
    images = {*_images(run)}
    folders = {_folder(image) for image in images}
    unknown = {name for name in names if name not in images}
    told = {name for name in names if not name.rpartition("/")[2].isdecimal()} - unknown
    return bool(told) and not folders & {_folder(name) for name in unknown}


def _folder(name: str) -> str:
    """The first folder of a name, which is often that of the split."""
    return name.partition("/")[0]


def _images(run: RunDir) -> Iterable[str]:
    """The names of all images of the run, as far as it has kept them."""
    names = image_names.read(run)
    if names is not None:
        yield from names.of("training", names.training_digest) or ()
        yield from names.of("validation", names.validation_digest) or ()
