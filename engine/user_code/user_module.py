"""Loads a Python file that the user names, and finds an object in it.

Whatever the file does wrong becomes one sentence.
"""

from __future__ import annotations

import difflib
import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from engine import regular_files, text
from engine.errors import UsageError
from engine.user_code import user_code_text, user_importer
from engine.user_code.user_code import UserCode


def load_user_module(code: UserCode) -> ModuleType:
    """Run a user's file, and return it as a module.

    A file in a package is imported as a part of it; another one is run alone, anew each time. Its
    `__file__` is the user's own file, also where a copy of it runs. Raises UsageError if the file
    cannot be read, or fails. The traceback goes to stderr, that is, to the run's log.
    """
    _content(code.file)
    if place := user_importer.taken_by(code):
        package = code.module.partition(".")[0]
        raise UsageError(user_code_text.package_name_taken(package, place))
    user_importer.install(code)
    try:
        return importlib.import_module(code.module) if code.in_package else _run(code)
    except (Exception, SystemExit) as error:
        raise failure(code, error) from error


def user_object(code: UserCode, name: str) -> object:
    """What a user's file calls `name`. Raises UsageError as `load_user_module`, or if it is not
    there.
    """
    module = load_user_module(code)
    values = vars(module)
    if name in values:
        return values[name]
    own = [key for key, value in values.items() if callable(value) and not key.startswith("_")]
    # What the file itself defines comes before what it imports.
    own.sort(key=lambda key: getattr(values[key], "__module__", "") != module.__name__)
    raise UsageError(lacks_name(code.original.name, name, own))


def lacks_name(file: str, name: str, known: Sequence[str]) -> str:
    """The sentence for a name that a file does not have; it proposes the nearest of the others."""
    near = [*difflib.get_close_matches(name, known, n=1), *known, name][0]
    return user_code_text.lacks_name(file, name, known, near)


def failure(code: UserCode, error: BaseException) -> UsageError:
    """Print the traceback of an error in the user's code, and return its summary for the user."""
    traceback.print_exception(error)
    return UsageError(explanation(code, error))


def explanation(code: UserCode, error: BaseException) -> str:
    """One sentence for an error in the user's code, with the line."""
    name = code.original.name
    where = code.line_of(error) or name
    if isinstance(error, SystemExit):
        return user_code_text.exits(where)
    if isinstance(error, FileNotFoundError) and error.filename and code.kept:
        return user_code_text.data_file_missing(name, where, str(error.filename))
    if isinstance(error, ImportError) and "no known parent package" in str(error):
        return user_code_text.no_package(name, where, code.original.parent.name)
    if isinstance(error, ModuleNotFoundError) and (package := _missing_package(code, error)):
        return user_code_text.needs_package(name, where, package)
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    summary = f"{type(error).__name__}: {message}".partition("\n")[0]
    return user_code_text.fails(name, where, summary)


def _missing_package(code: UserCode, error: ModuleNotFoundError) -> str:
    """The package that an import lacks; empty for a part of one that is there."""
    package = (error.name or "").partition(".")[0]
    if not package.isidentifier() or package in sys.modules:
        return ""
    beside = code.original.parent / package
    return "" if beside.exists() or beside.with_suffix(".py").exists() else package


def _run(code: UserCode) -> ModuleType:
    module = ModuleType(f"user_{code.module}")
    module.__file__ = str(code.original)
    sys.modules[module.__name__] = module  # where dataclasses look up their annotations
    # The import system would leave a __pycache__ beside the file.
    exec(compile(_content(code.file), code.file, "exec", dont_inherit=True), module.__dict__)
    return module


def _content(file: Path) -> bytes:
    try:
        return regular_files.read_bytes(file)
    except OSError as error:
        raise UsageError(user_code_text.unreadable(file, text.reason(error))) from error
