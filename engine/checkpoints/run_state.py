"""The content of a checkpoint: the state of a run after a step, format 4.

A file holds it as a dict of plain values and tensors; its keys are the names of the fields here.
"""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from typing import Any, TypeAlias

import msgspec
import torch
from msgspec.structs import replace
from torch import Tensor, nn

from engine.recipes.recipe import Backdrop, Fit
from engine.recipes.schedule import Plateau, Steering

FORMAT = 4

Weights: TypeAlias = OrderedDict[str, Tensor]


class ImageInput(msgspec.Struct, frozen=True, kw_only=True):
    """The images that the model takes: (channels, size, size), normalised.

    `mean` and `std` normalise, one per channel, values in 0..1: those of the training pixels, or
    what the run's first weights were trained with (`normalise` in `resolved`). `fit`
    and `crop_pct` say what is seen of an image of another size, `canvas` to which shorter side it
    is shrunk before, or 0, and `frame` the margin in pixels on each side; see
    `engine.data.decoding.image_format.ImageFormat`. `levels`, `backdrop` and `bands` are
    those of `engine.data.decoding.rendering.Rendering`.
    """

    channels: int
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fit: Fit
    crop_pct: float
    canvas: int
    frame: int
    levels: tuple[float, ...] = ()
    backdrop: Backdrop = "none"
    bands: tuple[int, ...] = ()


class ImageList(msgspec.Struct, frozen=True, kw_only=True):
    """The number of images of a split, and a digest (blake2b, 128 bits) of them in order.

    The digest is of the file names relative to the data folder, or of the pixels and labels of a
    published data set. `contents` is a digest of the bytes of files, and `labels` of the classes of
    the images; each is empty where it is unknown.
    """

    images: int
    digest: str
    contents: str = ""
    labels: str = ""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The model, its data and its settings: all that is needed to use the model elsewhere.

    `source` is the text of the file that defines a user's architecture, for a person to read; this
    program never runs it. `recipe` has the fields of `Recipe`, `resolved` those of `Resolved`.
    `versions` maps packages to their versions. `test` has no images where the data set has no test
    split; it is None where it is unknown, in older files. `decisions` is a digest (blake2b, 128
    bits) of a person's decisions on labels, empty where there are none.
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
    test: ImageList | None = None
    decisions: str = ""


class RunShape(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers that must agree between a run and the checkpoint that it resumes from."""

    steps_per_epoch: int
    batch: int
    classes: int


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """A validation accuracy from 0 to 1 and its epoch; minus infinity and 0 before the first."""

    top1: float = -math.inf
    epoch: int = 0


class EpochSums(msgspec.Struct, frozen=True, kw_only=True):
    """The unfinished epoch: sums of losses and hits (2,) float64, images, and seconds."""

    sums: Tensor
    images: int
    seconds: float


class SightingsState(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps since the epoch `since` have said about each training image.

    `sums` has the tensors of `engine.training.sightings.Sightings` by their names.
    """

    since: int
    sums: dict[str, Tensor]


class TrainingState(msgspec.Struct, frozen=True, kw_only=True):
    """All that an exact resume needs.

    `weights` are the validated ones. Where these are an EMA, `trained_weights` are the ones that
    the optimisers update. `random` has the states of the global generators by kind of device. From
    the epoch `patient_since` on, epochs without a better accuracy count as such. `sightings` is
    None where none are counted, in older files, and in those that no run resumes from.
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
    patient_since: int = 0
    sightings: SightingsState | None = None


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
    # Keep the OrderedDict of the weights: PyTorch stores the versions of modules on it.
    return msgspec.convert(plain, RunState, dec_hook=_unchanged)


def _unchanged(kind: type, value: object) -> object:
    """Accept tensors and dicts of tensors; msgspec checks their type after this."""
    return value


def without_sightings(state: RunState) -> RunState:
    """The state for a file that no run resumes from."""
    return replace(state, training=replace(state.training, sightings=None))


def copied(value: Any) -> Any:
    """A copy of a state, or of a part of it, in the host's memory; later steps do not change it.

    Copies of tensors that share memory do not share it. Waits for the device. For a ResNet-18 with
    momentum this takes 5 ms; making the bytes of the checkpoint takes 50 ms.
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
