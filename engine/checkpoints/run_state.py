"""What a checkpoint holds: a run as it was after a step, format 3.

In a file it is a dict of plain values and tensors whose keys are the names of the fields here.
"""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from typing import Any, Literal, TypeAlias

import msgspec
import torch
from torch import Tensor, nn

from engine.recipes.schedule import Plateau

FORMAT = 3

Weights: TypeAlias = OrderedDict[str, Tensor]


class ImageInput(msgspec.Struct, frozen=True, kw_only=True):
    """The images that the model takes: (channels, size, size), normalised.

    `mean` and `std` are those of the training pixels, one per channel, of values in 0..1. `fit`
    says how an image of another size is brought to `size`, with a margin of `frame` pixels on each
    side; see `engine.data.decoding.decode`.
    """

    channels: int
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fit: Literal["center-square"]
    frame: int


class ImageList(msgspec.Struct, frozen=True, kw_only=True):
    """The number of images of a split, and a digest (blake2b, 128 bits) of what they are.

    Of files it is a digest of their names relative to the data folder, of a published data set one
    of its pixels and labels; both in order.
    """

    images: int
    digest: str


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What the model is, what it learns from and how: all that its use elsewhere needs.

    `source` is the text of the file that makes a user's own architecture, for a person to read; it
    is never run from here. `recipe` has the fields of `Recipe`, `resolved` those of `Resolved`.
    `versions` maps packages to their versions.
    """

    architecture: str
    source: str | None
    classes: tuple[str, ...]
    input: ImageInput
    train: ImageList
    validation: ImageList
    recipe: dict[str, Any]
    resolved: dict[str, Any]
    versions: dict[str, str]


class RunShape(msgspec.Struct, frozen=True, kw_only=True):
    """What a run and the checkpoint that it resumes from must agree on; `classes` is a count."""

    steps_per_epoch: int
    batch: int
    classes: int


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """A validation accuracy, from 0 to 1, and its epoch; before the first: minus infinity, 0."""

    top1: float = -math.inf
    epoch: int = 0


class Steering(msgspec.Struct, frozen=True, kw_only=True):
    """The factor that a person has put on all planned rates, and the total of epochs."""

    factor: float
    epochs: int


class EpochSums(msgspec.Struct, frozen=True, kw_only=True):
    """The unfinished epoch: sums of losses and hits (2,) float64, images, and seconds."""

    sums: Tensor
    images: int
    seconds: float


class TrainingState(msgspec.Struct, frozen=True, kw_only=True):
    """All that an exact resume needs.

    `weights` are those that are validated. Where these are an EMA, `trained_weights` are the ones
    that go on learning. `random` has the states of the global generators by kind of device.
    """

    shape: RunShape
    step: int
    ended_epochs: int
    best: Accuracy
    last: Accuracy
    weights: Weights
    trained_weights: Weights | None
    optimizers: list[dict[str, Any]]
    steering: Steering
    plateau: Plateau
    epoch: EpochSums
    random: dict[str, Tensor]


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """A run after a step, in an attempt whose events up to `seq` are in the journal.

    `description` is None where the checkpoint was written in format 2.
    """

    attempt: str
    seq: int
    description: Description | None
    training: TrainingState


def to_plain(state: RunState) -> dict[str, Any]:
    """The state as the dict that a file holds."""
    return {"format": FORMAT, **_plain(state)}


def _plain(value: Any) -> Any:
    if not isinstance(value, msgspec.Struct):
        return value
    return {name: _plain(part) for name, part in msgspec.structs.asdict(value).items()}


def from_plain(plain: dict[str, Any]) -> RunState:
    """The state from the dict of a file. Raises ValidationError where it is not one."""
    # Weights stay the OrderedDict that they are: PyTorch keeps versions of modules on it.
    return msgspec.convert(plain, RunState, dec_hook=_as_it_is)


def _as_it_is(kind: type, value: object) -> object:
    """Tensors and dicts of tensors, whose type msgspec checks after this."""
    return value


def copied(value: Any) -> Any:
    """A state, or a part of it, in the host's memory, where later steps do not change it.

    Tensors that share their memory no longer do. Waits for the device; for a ResNet-18 with
    momentum it takes 5 ms, where the bytes of its checkpoint take 50.
    """
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, msgspec.Struct):
        parts = msgspec.structs.asdict(value)
        return type(value)(**{name: copied(part) for name, part in parts.items()})
    if isinstance(value, dict):
        same = copy.copy(value)  # an OrderedDict of weights carries the versions of its modules
        same.update((key, copied(part)) for key, part in value.items())
        return same
    return type(value)(map(copied, value)) if isinstance(value, list | tuple) else value


def weights_of(model: nn.Module) -> Weights:
    """The weights and buffers of a model, on its device; they share its memory."""
    weights = model.state_dict()
    assert isinstance(weights, OrderedDict)
    return weights
