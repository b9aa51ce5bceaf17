"""Keeps the places of this machine out of a report: folders, the home folder, the host's name.

The name of an image in its data set is told, but for the folders that all images lie in: these say
where the data lay, as in an archive that was made of `/home/ann/cats`, and tell no image apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import takewhile
from pathlib import Path, PurePath

import msgspec

from engine.catalog import architecture_names, data_names
from engine.recipes.recipe import Recipe
from engine.text import harmless

# A path from the root or from the home folder, up to a blank or a sign that ends it.
PATH = re.compile(r"(?<![\w.])~?(?:/[^\s/'\"`:;,()]+)+/?")
# What follows a path that is not the beginning of another one.
END = r"(?![\w-])"
HERE = "this machine"
# Stands for the folders of files on a command line.
FOLDERS = "PATH/TO/"


def last_part(path: str, folders: str = "") -> str:
    """The name of a file or folder behind `folders`, not where it lies; other names unchanged."""
    name = PurePath(path).name
    return path if name in ("", path) else f"{folders}{name}"


def places_of(recipe: Recipe | None) -> list[str]:
    """The paths that sentences about a run may name; they may have blanks, unlike `PATH`."""
    if recipe is None:
        return []
    user = architecture_names.user_function(recipe.arch)
    named = (
        *(recipe.data, recipe.data_dir, recipe.cache, recipe.init_from, recipe.preset),
        *(recipe.class_names, recipe.decisions),
    )
    paths = [str(user.file)] if user is not None else []
    paths += [path for path in named if isinstance(path, str)]
    return [path for path in paths if PurePath(path).is_absolute()]


def without_places(text: str, host: str = "", places: Iterable[str] = ()) -> str:
    """A sentence in which each path is shown by its last part, and the host by words.

    `places` are paths that it may name.
    """
    names = {place: last_part(place) for place in map(harmless, places)}
    names[harmless(str(Path.home()))] = "~"
    for place in sorted(names, key=len, reverse=True):
        text = names[place].join(re.split(re.escape(place) + END, text))
    text = PATH.sub(lambda found: last_part(found[0]), text)
    return re.sub(rf"\b{re.escape(host)}\b", HERE, text) if host else text


def shared_folders(names: Collection[str]) -> str:
    """The folders that all these names begin with, such as `home/ann/cats/`; empty for none."""
    if not names:
        return ""
    first, last = (name.split("/")[:-1] for name in (min(names), max(names)))
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(f"{folder}/" for folder, _ in pairs)


def shown_recipe(recipe: Recipe, folders: str = "") -> Recipe:
    """The recipe as a reader elsewhere sees it: files and folders by their last part.

    `folders` stands before it, for where it lies.
    """
    arch, data, names = recipe.arch, recipe.data, recipe.class_names
    of_user = architecture_names.user_function(arch) is not None
    return msgspec.structs.replace(
        recipe,
        arch=last_part(arch, folders) if of_user else arch,
        data=last_part(data, folders) if _lies_here(data) else data,
        data_dir="",
        cache=last_part(recipe.cache, folders),
        init_from=last_part(recipe.init_from, folders),
        class_names=last_part(names, folders) if isinstance(names, str) else names,
        decisions=last_part(recipe.decisions, folders),
        preset=last_part(recipe.preset, folders),
    )


def _lies_here(data: str) -> bool:
    return data_names.is_path(data) or data_names.user_set(data) is not None
