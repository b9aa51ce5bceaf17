"""Checks a model that is not of the catalogue, by two images: as in training and evaluation."""

from __future__ import annotations

import copy
import traceback
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from engine import text
from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.user_code.user_code import UserCode

IMAGES = 2
# Usual sides of images in pixels, to suggest another one.
SIZES = (28, 32, 48, 64, 96, 128, 160, 192, 224, 256, 299, 384, 448, 512)


def check(name: str, model: nn.Module, shape: DataShape, code: UserCode | None = None) -> None:
    """Raise UsageError unless the model makes logits (2, classes), which it can learn to improve.

    A model of a user's `code` runs on the CPU, since its code may need values; one of a library
    on the meta device, which allocates no memory. Gives lazy layers their shapes; changes nothing
    else in the model, and draws no other random numbers.
    """
    device = "cpu" if code else "meta"
    running = model
    try:
        _fill_lazy_layers(model, shape)
        running = copy.deepcopy(model).to(device).train()
        with torch.random.fork_rng([]):
            output = running(_images(shape, device))
            with torch.no_grad():
                evaluated = running.eval()(_images(shape, device))
    except Exception as error:
        traceback.print_exc()
        raise UsageError(_why_it_fails(name, running, shape, code, error)) from error
    _check_output(name, output, shape)
    _check_output(f"{name} in evaluation mode", evaluated, shape)
    if not output.requires_grad:
        raise UsageError(_why_it_cannot_learn(name, model))


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


def _check_output(name: str, output: object, shape: DataShape) -> None:
    wanted = IMAGES, shape.classes
    if not isinstance(output, Tensor) or output.shape != wanted:
        given = str(tuple(output.shape)) if isinstance(output, Tensor) else type(output).__name__
        raise UsageError(model_text.wrong_output(name, given, *wanted))


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
    summary, line = text.error_summary(error), code.line_of(error) if code else ""
    if size := _size_that_works(model, shape, "cpu" if code else "meta"):
        return model_text.other_size(name, images, summary, size)
    if isinstance(module, nn.Linear) and given and given[-1] != module.in_features:
        return model_text.other_width(layer, module.in_features, given[-1], images)
    return model_text.model_fails(name, images, summary, line or layer)


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


def _size_that_works(model: nn.Module, shape: DataShape, device: str) -> int | None:
    """The next larger usual size with which the model runs, else the next smaller one."""
    for size in sorted(SIZES, key=lambda size: (size < shape.size, abs(size - shape.size))):
        try:
            with torch.no_grad(), torch.random.fork_rng([]):
                model(_images(shape._replace(size=size), device))
        except Exception:  # noqa: BLE001 (as with the size that was asked for)
            continue
        return size
    return None
