"""From what a person said to a checked recipe: names, files, folders, and what is on the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine import catalog, recipe, text
from engine.data import folder
from engine.errors import DataError, UsageError
from engine.recipe import Recipe


def recipe_from(said: str | None, sets: Sequence[str], flags: Mapping[str, object]) -> Recipe:
    """One recipe from `--recipe NAME|FILE`, `--set` and the flags, its data found on the disk.

    Raises UsageError for a name, key or value, DataError for data that is not there.
    """
    file: dict[str, object] = {}
    if said in recipe.PRESETS:
        file = {"preset": said}
    elif said is not None:
        if not Path(said).exists() and not said.endswith(".toml"):
            raise UsageError(text.unknown_preset(said, recipe.PRESETS))
        file = recipe.load(Path(said))
    settings = dict(recipe.parse_setting(setting) for setting in sets)
    chosen = defaults(file | settings | dict(flags)) | dict(flags)
    if "data" in chosen:
        chosen["data"] = data(str(chosen["data"]))
    built = recipe.build(file=file, settings=settings, flags=chosen)
    check_data(built)
    return built


def defaults(said: Mapping[str, object]) -> dict[str, object]:
    """What is trained where nothing was said.

    CIFAR-10 and ResNet-18 if the data is on disk, else digits and LeNet-5; a data set or an
    architecture alone brings the other with it.
    """
    places = str(said.get("data_dir", ""))
    have_cifar = catalog.located(catalog.DATA["cifar10"], places) is not None
    arch, name = ("resnet18", "cifar10") if have_cifar else ("lenet5", "digits")
    if "data" in said:
        arch = "lenet5" if said["data"] == "digits" else "resnet18"
    return {k: v for k, v in {"arch": arch, "data": name}.items() if k not in said}


def data(name: str) -> str:
    """A catalogue name as it is, an existing folder as an absolute path.

    Raises UsageError for what is neither; `./NAME` means a folder in any case.
    """
    if name in catalog.DATA:
        return name
    path = Path(os.path.expanduser(name))
    if not path.exists():
        if "/" in name:
            raise DataError(text.folder_missing(path))
        raise UsageError(text.unknown_data(name, catalog.DATA))
    return str(path.resolve())


def check_data(chosen: Recipe) -> None:
    """Raise DataError where the data is missing, empty or of one class."""
    known = catalog.DATA.get(chosen.data)
    if known is None:
        folder.scan(Path(chosen.data))
    elif catalog.located(known, chosen.data_dir) is None:
        places = catalog.data_places(chosen.data_dir)
        raise DataError(text.data_not_on_disk(known.title, places, known.source))
