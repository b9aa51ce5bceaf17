"""Checks a model that is not of the catalogue, by two images: as in training and evaluation."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnn_tui.independent_copy import independent_copy
from cnn_tui.model_outputs import logits_of, others_of
from engine import text
from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.auxiliary_outputs import auxiliary_logits, share_of_each
from engine.user_code.user_code import UserCode

IMAGES = 2
# Usual sides of images in pixels, to suggest another one.
SIZES = (28, 32, 48, 64, 96, 128, 160, 192, 224, 256, 299, 384, 448, 512)


def check(
    name: str, model: nn.Module, shape: DataShape, code: UserCode | None = None
) -> Iterator[str]:
    """Sentences for the log about what the program makes of a model.

    Raises UsageError unless the model makes logits (2, classes), which it can learn to improve.
    A model of a user's `code` runs on the CPU, since its code may need values; one of a library on
    the meta device, which allocates no memory, if it can. Gives lazy layers their shapes; changes
    nothing else in the model, and draws no other random numbers.
    """
    trial = _trial(model, shape, "cpu" if code else "meta")
    if trial.error and not code:  # on the meta device no code can look at a value
        trial = _trial(model, shape, "cpu")
    running, output, evaluated, error = trial
    if error is not None:
        traceback.print_exception(error)
        raise UsageError(_why_it_fails(name, running, shape, code, error)) from error
    logits = _logits(name, output, shape)
    _logits(f"{name} in evaluation mode", evaluated, shape)
    if not logits.requires_grad:
        raise UsageError(_why_it_cannot_learn(name, model))
    if auxiliary_logits(evaluated):
        raise UsageError(model_text.two_logits(name, shape.classes))
    return _notes(name, model, output)


def _notes(name: str, model: nn.Module, output: object) -> Iterator[str]:
    """What is trained and shown otherwise than the user may think."""
    auxiliary, others = len(auxiliary_logits(output)), sum(1 for _ in others_of(output))
    if auxiliary:
        yield model_text.auxiliary_trained(name, auxiliary, share_of_each(auxiliary))
    if ignored := others - auxiliary:
        yield model_text.outputs_ignored(name, ignored)
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        yield model_text.takes_no_hooks(name)


class Trial(NamedTuple):
    """The copy that ran, what it returned in training and in evaluation mode, or its error."""

    running: nn.Module
    output: object = None
    evaluated: object = None
    error: Exception | None = None


def _trial(model: nn.Module, shape: DataShape, device: str) -> Trial:
    running = model
    try:
        _fill_lazy_layers(model, shape)
        running = independent_copy(model).to(device)
        running.train()
        with torch.random.fork_rng([]):
            output = running(_images(shape, device))
            running.eval()
            with torch.no_grad():
                return Trial(running, output, running(_images(shape, device)))
    except Exception as error:  # noqa: BLE001 (the model is anybody's)
        return Trial(running, error=error)


def _images(shape: DataShape, device: str) -> Tensor:
    """Two images of noise, always the same."""
    generator = torch.Generator().manual_seed(0)
    size = (IMAGES, shape.channels, shape.size, shape.size)
    return torch.randn(size, generator=generator, device="cpu").to(device)


def _fill_lazy_layers(model: nn.Module, shape: DataShape) -> None:
    """Run lazy layers once, so that their weights exist before anything copies the model."""
    if any(is_lazy(tensor) for tensor in model.state_dict(keep_vars=True).values()):
        model.eval()
        with torch.no_grad():
            model(_images(shape, "cpu"))
        model.train()


def _logits(name: str, output: object, shape: DataShape) -> Tensor:
    wanted = IMAGES, shape.classes
    try:
        logits = logits_of(output)
    except TypeError as error:
        given = type(output).__name__
        raise UsageError(model_text.wrong_output(name, given, *wanted)) from error
    if logits.ndim == len(wanted) and len(logits) == IMAGES and logits.shape != wanted:
        raise UsageError(model_text.other_classes(name, logits.shape[1], shape.classes))
    if logits.shape != wanted:
        given = str(tuple(logits.shape))
        raise UsageError(model_text.wrong_output(name, given, *wanted))
    return logits


def _why_it_cannot_learn(name: str, model: nn.Module) -> str:
    parameters = [*model.parameters()]
    if not parameters:
        return model_text.no_parameters(name)
    if not any(parameter.requires_grad for parameter in parameters):
        return model_text.all_frozen(name)
    return model_text.no_gradient(name)


def _why_it_fails(
    name: str, model: nn.Module, shape: DataShape, code: UserCode | None, error: Exception
) -> str:
    """What is wrong where the model stopped: the channels, the size, or its own code."""
    layer, module, given = _stopped_at(model, error)
    images = f"{shape.channels}×{shape.size}×{shape.size}"
    takes = module.in_channels if isinstance(module, nn.Conv2d) else shape.channels
    if takes != shape.channels and given == (IMAGES, shape.channels, shape.size, shape.size):
        return model_text.other_channels(name, takes, shape.channels)
    summary, line = _summary(error), code.line_of(error) if code else ""
    if size := _size_that_works(model, shape):
        return model_text.other_size(name, images, summary, size)
    if isinstance(module, nn.Linear) and given and given[-1] != module.in_features:
        return model_text.other_width(layer, module.in_features, given[-1], images)
    return model_text.model_fails(name, images, summary, line or layer)


def _summary(error: Exception) -> str:
    """The type and the message of an error; TorchScript's begins with a traceback."""
    if not isinstance(error, torch.jit.Error):
        return text.error_summary(error)
    return ([line for line in str(error).splitlines() if line.strip()] or [""])[-1]


class Stop(NamedTuple):
    """The layer that raised an error, by name and module, and the shape of its input if known."""

    layer: str = ""
    module: nn.Module | None = None
    given: tuple[int, ...] = ()


def _stopped_at(model: nn.Module, error: Exception) -> Stop:
    """The innermost module of the model among the frames of the error's traceback."""
    names = {id(module): name for name, module in model.named_modules()}
    stop = Stop()
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module, given = frame.f_locals.get("self"), frame.f_locals.get("input")
        if isinstance(module, nn.Module) and id(module) in names:
            shape = tuple(given.shape) if isinstance(given, Tensor) else ()
            stop = Stop(names[id(module)], module, shape)
    return stop


def _size_that_works(model: nn.Module, shape: DataShape) -> int | None:
    """The next larger usual size with which the model runs, else the next smaller one."""
    for size in sorted(SIZES, key=lambda size: (size < shape.size, abs(size - shape.size))):
        try:
            with torch.no_grad(), torch.random.fork_rng([]):
                model(_images(shape._replace(size=size), "cpu"))
        except Exception:  # noqa: BLE001 (as with the size that was asked for)
            continue
        return size
    return None
