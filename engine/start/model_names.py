"""Checks, without torch, that the model of a name exists: a library's model, or a user's function.

And that the images of a recipe are large enough for it. What the text of the files does not tell,
the engine finds out when it makes the model.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

from engine import text
from engine.catalog import architecture_names
from engine.catalog.architecture_names import LibraryModel
from engine.catalog.architectures import ARCHITECTURES
from engine.catalog.user_file import UserFile
from engine.errors import UsageError
from engine.models import model_text
from engine.recipes import recipe_text
from engine.recipes.recipe import Recipe
from engine.start import start_text
from engine.user_code import user_code_text, user_module
from engine.user_code.user_code import code_of

# How both libraries mark the function of a model; other decorators may follow.
REGISTERED = re.compile(r"@register_model\b.*\n(?:[@ )].*\n)*?def (\w+)\(")


def check_architecture(name: str) -> None:
    """Raise UsageError if the user's file, its function, the library or its model does not exist.

    Another form of name is not checked.
    """
    if name.endswith(".py"):
        file = _existing(Path(name))
        raise UsageError(start_text.name_the_function(name, _read(file).functions))
    if (user := architecture_names.user_function(name)) is not None:
        _check_function(_existing(user.file), user.function)
    if (named := architecture_names.library_model(name)) is not None:
        _check_library_model(named)


def check_size(recipe: Recipe) -> None:
    """Raise UsageError if the images are too small for the architecture, as far as it is known."""
    known = ARCHITECTURES.get(recipe.arch)
    if known is not None and recipe.size != "auto" and recipe.size < known.smallest:
        raise UsageError(recipe_text.input_too_small(recipe.arch, known.smallest, recipe.size))


def absolute_architecture(name: str) -> str:
    """A name unchanged, or the user's `FILE.py:FUNCTION` with an absolute path.

    Raises UsageError if the file does not exist.
    """
    user = architecture_names.user_function(name)
    return name if user is None else f"{_existing(user.file).resolve()}:{user.function}"


def _existing(file: Path) -> Path:
    file = Path(os.path.expanduser(file))
    if not file.is_file():
        raise UsageError(start_text.model_file_missing(file))
    return file


def _check_function(file: Path, function: str) -> None:
    content = _read(file)
    if function not in content.names and not content.is_open:
        raise UsageError(user_module.lacks_name(file.name, function, content.functions))


def _read(file: Path) -> UserFile:
    try:
        return UserFile.read(file)
    except OSError as error:
        raise UsageError(user_code_text.unreadable(file, text.reason(error))) from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UsageError(user_module.explanation(code_of(file), error)) from error


def _check_library_model(model: LibraryModel) -> None:
    spec = importlib.util.find_spec(model.library)
    if spec is None and model.library == "timm":
        raise UsageError(model_text.NO_TIMM)
    folders = spec.submodule_search_locations if spec is not None else None
    sources = [*_sources(Path(folder) / "models" for folder in folders or ())]
    known = [name for source in sources for name in REGISTERED.findall(source)]
    architecture = model.name.partition(".")[0]  # timm names weights after a dot
    # timm has more names than those of its functions, but all of them stand in its files.
    elsewhere = model.library == "timm" and any(architecture in source for source in sources)
    if known and architecture not in known and not elsewhere:
        raise UsageError(model_text.unknown_library_model(model.library, model.name, known))


def _sources(folders: Iterator[Path]) -> Iterator[str]:
    for folder in folders:
        for file in folder.glob("*.py"):
            yield file.read_text(encoding="utf-8")
