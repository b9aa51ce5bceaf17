"""From what a person said to a checked recipe: names, files, folders, and what is on the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from engine import text
from engine.catalog import architecture_names, datasets
from engine.data.folders import image_folder
from engine.errors import DataError, RunError, UsageError
from engine.recipes import presets
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import parse_setting, read_fields
from engine.run import run_search
from engine.run.run_paths import RunDir
from engine.start import start_text

# What the weights of a run fit only together with, taken over from its recipe.
INHERITED = ("arch", "act", "bn")


def recipe_from(
    said: str | None,
    sets: Sequence[str],
    flags: Mapping[str, object],
    runs_dir: Path,
    known: RunDir | None = None,
) -> Recipe:
    """One recipe from `--recipe NAME|FILE`, `--set` and the flags, its data found on the disk.

    Where it is for a run that is `known` already, that one has weights of its own to begin with.
    Raises UsageError for a name, key or value, DataError for data that is not there, RunError for
    a run to begin with that is not in the runs folder.
    """
    file = _file(said)
    settings = dict(parse_setting(setting) for setting in sets)
    if source := {**file, **settings, **flags}.get("init_from"):
        own = known and known.checkpoints / "last.pt"
        source = own or checkpoint(str(source), runs_dir)
        file = inherited(source) | file
        flags = {**flags, "init_from": str(source)}
    chosen = defaults(file | settings | dict(flags)) | dict(flags)
    built = absolute(build_recipe(file=file, settings=settings, flags=chosen))
    check_data(built)
    return built


def fields(said: str | None, sets: Sequence[str], flags: Mapping[str, object]) -> set[str]:
    """The fields that `--recipe`, `--set` and the flags themselves speak of. Raises as above."""
    settings = {parse_setting(setting)[0] for setting in sets}
    return {*_file(said), *settings, *flags}


def _file(said: str | None) -> dict[str, object]:
    """The fields of `--recipe NAME|FILE`."""
    if said is None:
        return {}
    if said in presets.PRESETS:
        return {"preset": said}
    if not os.path.exists(said) and not said.endswith(".toml"):
        raise UsageError(text.unknown_preset(said, presets.PRESETS))
    return read_fields(Path(said))


def absolute(built: Recipe) -> Recipe:
    """The recipe with places that mean the same from any folder.

    Raises UsageError and DataError for what is not there.
    """
    places = os.path.abspath(os.path.expanduser(built.data_dir)) if built.data_dir else ""
    return msgspec.structs.replace(
        built, arch=architecture(built.arch), data=data(built.data), data_dir=places
    )


def defaults(said: Mapping[str, object]) -> dict[str, object]:
    """What is trained where nothing was said.

    CIFAR-10 and ResNet-18 if the data is on disk, else digits and LeNet-5; a data set or an
    architecture alone brings the other with it.
    """
    places = str(said.get("data_dir", ""))
    have_cifar = datasets.located(datasets.DATA["cifar10"], places) is not None
    arch, name = ("resnet18", "cifar10") if have_cifar else ("lenet5", "digits")
    if "data" in said:
        arch = "lenet5" if said["data"] == "digits" else "resnet18"
    return {k: v for k, v in {"arch": arch, "data": name}.items() if k not in said}


def data(name: str) -> str:
    """A catalogue name as it is, an existing folder as an absolute path; links keep their names.

    Raises UsageError for what is neither; `./NAME` means a folder in any case.
    """
    if name in datasets.DATA:
        return name
    path = Path(os.path.expanduser(name))
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise UsageError(text.not_unicode(name))
    if not os.path.exists(path):
        if "/" in name:
            raise DataError(text.folder_missing(path))
        raise UsageError(start_text.unknown_data(name, datasets.DATA))
    return os.path.abspath(path)


def architecture(name: str) -> str:
    """A name as it is, the user's own `FILE.py:FUNCTION` with an absolute path.

    Raises UsageError where there is no such file; what is in it, the engine finds out.
    """
    own = architecture_names.own(name)
    if own is None:
        return name
    file = own.file.expanduser()
    if not file.is_file():
        raise UsageError(start_text.own_missing(file))
    return f"{file.resolve()}:{own.function}"


def checkpoint(said: str, runs_dir: Path) -> Path:
    """The file of weights that is meant: itself, or the best of a run, else its last.

    Raises RunError for no such run, UsageError for one that has saved nothing.
    """
    path = Path(said).expanduser()
    if path.is_file():
        return path.resolve()
    try:
        run = run_search.find(runs_dir, said)
    except RunError as error:
        raise RunError(start_text.no_file_either(said, str(error))) from error
    for name in ("best.pt", "last.pt"):
        if (run.checkpoints / name).is_file():
            return (run.checkpoints / name).resolve()
    raise UsageError(start_text.no_weights_there(said))


def inherited(weights: Path) -> dict[str, object]:
    """What the run of this checkpoint says of its architecture; nothing for a file elsewhere."""
    run = RunDir(weights.parent.parent)
    if not run.recipe.is_file():
        return {}
    return {key: value for key, value in read_fields(run.recipe).items() if key in INHERITED}


def check_data(chosen: Recipe) -> None:
    """Raise DataError where a folder of images is missing, empty or of one class.

    A set of the catalogue that is not on this disk is downloaded when the run starts.
    """
    if chosen.data not in datasets.DATA:
        image_folder.check(Path(chosen.data))
