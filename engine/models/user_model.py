"""A user's architecture: a function, a class or an instance in a Python file."""

from __future__ import annotations

import traceback

from torch import nn
from torch.nn.parameter import is_lazy

from cnn_tui.independent_copy import independent_copy
from engine import text
from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.maker_arguments import MakerArguments
from engine.user_code import user_module
from engine.user_code.user_code import UserCode


def user_model(code: UserCode, name: str, shape: DataShape) -> nn.Module:
    """The model of this name in a user's file, made for this number of classes and channels.

    A function or a class is called (see `MakerArguments`); an instance is the model itself. Raises
    UsageError if the file fails, or if the name does not exist, fails, or is no model. The
    traceback goes to stderr, that is, to the run's log.
    """
    maker = user_module.user_object(code, name)
    file = code.original.name
    if isinstance(maker, nn.Module):
        return _fresh(_trainable(maker, f"{file}:{name}"), f"{file}:{name}")
    if not callable(maker):
        raise UsageError(model_text.user_is_no_model(file, name, type(maker).__name__))
    arguments = MakerArguments.of(maker)
    if arguments.unknown:
        raise UsageError(model_text.user_asks_for_more(file, name, arguments.unknown))
    try:
        made = arguments.call(shape)
    except (Exception, SystemExit) as error:
        if given := arguments.refused(error):
            takes, line = arguments.signature, code.line_of(error) or file
            raise UsageError(model_text.user_takes_other(name, takes, given, line)) from error
        raise user_module.failure(code, error) from error
    if not isinstance(made, nn.Module):
        raise UsageError(model_text.user_no_model(file, name, type(made).__name__))
    return _trainable(made, f"{file}:{name}")


def _trainable(model: nn.Module, name: str) -> nn.Module:
    """The model in training mode. Raises UsageError if it has none."""
    try:
        model.train()
    except NotImplementedError as error:  # of torch.export; a copy would forget to raise it
        raise UsageError(model_text.exported(name)) from error
    return model


def _fresh(instance: nn.Module, name: str) -> nn.Module:
    """A copy of the user's instance, which a second call finds as it was.

    Lazy layers, which cannot be copied before they have seen data, are the instance's own. Raises
    UsageError if the instance cannot be copied.
    """
    tensors = instance.state_dict(keep_vars=True).values()
    try:
        return instance if any(map(is_lazy, tensors)) else independent_copy(instance)
    except Exception as error:
        traceback.print_exc()
        raise UsageError(model_text.no_copy(name, text.error_summary(error))) from error
