"""An architecture of the user's own: a function in a Python file that makes a model."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from engine import text
from engine.catalog import architecture_names
from engine.errors import UsageError
from engine.models import model_text
from engine.models.task import Task
from engine.run.durable_files import write_durably


def kept(arch: str, folder: Path) -> str:
    """The architecture's name, where it is the user's own with the copy of its file in the folder.

    The first time the copy is made: a run goes on with what it began with. What the file imports
    is still found beside the original. Raises UsageError where that cannot be read.
    """
    own = architecture_names.own(arch)
    if own is None:
        return arch
    copy = folder / own.file.name
    if not copy.exists():
        write_durably(copy, _content(own.file))
    sys.path.append(str(own.file.parent))
    return f"{copy}:{own.function}"


def own_model(file: Path, function: str, task: Task) -> nn.Module:
    """What the function makes of `classes=` and, if it takes that, `in_channels=`.

    Raises UsageError where the file cannot be run, or the function is not there, fails or makes
    no model; the traceback is then on stderr, the log of a run.
    """
    made = _called(file, _function(file, function), task)
    if not isinstance(made, nn.Module):
        raise UsageError(model_text.own_makes_no_model(file.name, function, type(made).__name__))
    return made


def _function(file: Path, name: str) -> Callable[..., Any]:
    """The function of the file, which is run with its folder last on the module path."""
    sys.path.append(str(file.parent))
    module = ModuleType(f"own_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses look up their annotations
    content = _content(file)
    try:
        # Without the import system, which would leave a __pycache__ beside the file.
        exec(compile(content, file, "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        traceback.print_exc()
        raise UsageError(model_text.own_fails(_where(file, error), _said(error))) from error
    functions: dict[str, Callable[..., Any]] = {
        key: value for key, value in vars(module).items() if callable(value)
    }
    if name not in functions:
        raise UsageError(model_text.own_lacks(file.name, name, functions))
    return functions[name]


def _called(file: Path, function: Callable[..., Any], task: Task) -> object:
    options = {"classes": task.classes}
    try:
        if "in_channels" in inspect.signature(function).parameters:
            options["in_channels"] = task.channels
        return function(**options)
    except Exception as error:
        traceback.print_exc()
        raise UsageError(model_text.own_fails(_where(file, error), _said(error))) from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(model_text.own_unreadable(file, text.reason(error))) from error


def _where(file: Path, error: Exception) -> str:
    """`net.py, line 12`, the last line of the file that the error came through."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    if isinstance(error, SyntaxError):
        lines.append(error.lineno)
    return f"{file.name}, line {lines[-1]}" if lines else file.name


def _said(error: Exception) -> str:
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {what}".partition("\n")[0]
