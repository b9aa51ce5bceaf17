"""The file that takes a person's decisions on the labels of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.catalog.data_names import is_path, short_name
from engine.recipes.recipe_building import read_recipe
from engine.run import image_names, label_decisions
from engine.run.run_paths import RunDir

USUAL = "labels.toml"


def decisions_file(run: RunDir) -> Path:
    """The file for decisions on images of this run, which `--labels` of the next start may name.

    It is the one that the run began with, else `labels.toml` beside the folder of runs. Where that
    one decides on images that the run does not have, it is of other data, and a file beside it has
    the name of the run's data. So has that of data whose images are called by numbers, which other
    data has as well. Raises EngineError for what cannot be read.
    """
    recipe = read_recipe(run.recipe)
    if recipe.decisions:
        return Path(recipe.decisions)
    usual = run.path.absolute().parent.parent / USUAL
    if is_path(recipe.data) and set(_decided(usual)) <= set(_images(run)):
        return usual
    return usual.with_name(f"labels-{short_name(recipe.data)}.toml")


def _decided(file: Path) -> Iterable[str]:
    return label_decisions.read(file) if file.exists() else ()


def _images(run: RunDir) -> Iterable[str]:
    """The names of all images of the run, as far as it has kept them."""
    names = image_names.read(run)
    if names is not None:
        yield from names.of("training", names.training_digest) or ()
        yield from names.of("validation", names.validation_digest) or ()
