"""Checks, by the text of a user's file and without torch, that it defines a data set."""

from __future__ import annotations

from pathlib import Path

from engine import text
from engine.catalog.data_names import UserSet
from engine.catalog.user_file import UserFile
from engine.data.inventory.containers import library_text
from engine.errors import UsageError
from engine.user_code import user_code_text, user_module
from engine.user_code.user_code import code_of


def check(user: UserSet) -> None:
    """Raise UsageError where the file is missing, is no Python or lacks the name."""
    content = _read(user.file)
    if user.function not in content.names and not content.is_open:
        raise UsageError(user_module.lacks_name(user.file.name, user.function, content.functions))


def name_the_function(file: Path) -> UsageError:
    """The error of a file without the name of its function. Raises UsageError as `check`."""
    return UsageError(library_text.name_the_function(str(file), _read(file).functions))


def _read(file: Path) -> UserFile:
    if not file.is_file():
        raise UsageError(library_text.file_missing(file))
    try:
        return UserFile.read(file)
    except OSError as error:
        raise UsageError(user_code_text.unreadable(file, text.reason(error))) from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UsageError(user_module.explanation(code_of(file), error)) from error
