"""A user's architecture: a function, a class or an instance in a Python file."""

from __future__ import annotations

from torch import nn

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
        return maker
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
    return made
