"""A user's architecture: a function in a Python file that returns a model."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from engine import regular_files, text
from engine.catalog import architecture_names, user_file
from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.run.durable_files import write_durably


def with_copied_file(arch: str, folder: Path, *, keep: bool) -> str:
    """The architecture's name. A user's architecture is copied, and the name points to the copy.

    The copy lies in `folder`. With `keep`, an existing copy holds, so that weights keep the file
    that they were made with. Otherwise the original is copied anew if it is still there. Imports in
    the file still find their modules beside the original. Raises UsageError if the file cannot be
    read.
    """
    user = architecture_names.user_function(arch)
    if user is None:
        return arch
    copy = folder / user.file.name
    if not copy.exists() or (not keep and user.file.exists()):
        write_durably(copy, _content(user.file))
    sys.path.append(str(user.file.parent))
    return f"{copy}:{user.function}"


def user_model(file: Path, function: str, shape: DataShape) -> nn.Module:
    """The model that the function returns for `classes=` and, if it accepts that, `in_channels=`.

    Raises UsageError if the file fails, or if the function does not exist, fails, or returns no
    model or one in TorchScript, which takes no hooks. The traceback goes to stderr, that is, to the
    run's log.
    """
    made = _called(file, _function(file, function), shape)
    if not isinstance(made, nn.Module):
        raise UsageError(model_text.user_no_model(file.name, function, type(made).__name__))
    if any(isinstance(module, torch.jit.ScriptModule) for module in made.modules()):
        raise UsageError(model_text.user_script(file.name, function))
    return made


def _function(file: Path, name: str) -> Callable[..., Any]:
    """The function of the file. Runs the file, and appends its folder to the module path."""
    sys.path.append(str(file.parent))
    module = ModuleType(f"user_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses look up their annotations
    content = _content(file)
    try:
        # The import system would leave a __pycache__ beside the file.
        exec(compile(content, file, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        raise _failure(file, error) from error
    functions: dict[str, Callable[..., Any]] = {
        key: value for key, value in vars(module).items() if callable(value)
    }
    if name not in functions:
        raise UsageError(model_text.user_lacks_function(file.name, name, functions))
    return functions[name]


def _called(file: Path, function: Callable[..., Any], shape: DataShape) -> object:
    options = {"classes": shape.classes}
    try:
        parameters = inspect.signature(function).parameters
        if "in_channels" in parameters:
            options["in_channels"] = shape.channels
        if _takes_classes(parameters.values()):
            return function(**options)
    except (Exception, SystemExit) as error:
        raise _failure(file, error) from error
    name = function.__name__
    made_by = "__init__(self, classes)" if isinstance(function, type) else f"{name}(classes)"
    raise UsageError(model_text.user_takes_no_classes(file.name, name, f"def {made_by}"))


def _takes_classes(parameters: Iterable[inspect.Parameter]) -> bool:
    """Whether a function of these parameters accepts `classes=`."""
    return any(
        each.kind is each.VAR_KEYWORD
        or (each.name == "classes" and each.kind is not each.POSITIONAL_ONLY)
        for each in parameters
    )


def _failure(file: Path, error: Exception | SystemExit) -> UsageError:
    """Print the traceback of the current exception, and return its summary for the user."""
    traceback.print_exc()
    where = user_file.line_of(file, error) or file.name
    if isinstance(error, SystemExit):
        return UsageError(model_text.user_exits(where))
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    summary = f"{type(error).__name__}: {message}".partition("\n")[0]
    return UsageError(model_text.user_fails(where, summary))


def _content(file: Path) -> bytes:
    try:
        return regular_files.read_bytes(file)
    except OSError as error:
        raise UsageError(model_text.user_file_unreadable(file, text.reason(error))) from error
