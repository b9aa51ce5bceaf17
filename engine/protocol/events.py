"""What the engine says: one tagged union of frozen structs, one JSON line an event.

The journal of a run directory is a sequence of these, and it is all that a viewer knows.

Accuracies are fractions, times are seconds, epochs count from 1. A measured number is
`float | None`, where None stands for a non-finite value (JSON has no NaN); what was not
measured is `UNSET` and left out of the line. New fields get defaults and unknown ones are
ignored, so that an older viewer reads a newer run.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.recipes.recipe import Recipe, Resolved

Measured: TypeAlias = float | None
Unmeasured: TypeAlias = float | UnsetType | None
# Named numbers that have no field of their own, as a gradient norm or what a user's code measures.
Scalars: TypeAlias = dict[Annotated[str, Meta(min_length=1, max_length=100)], Measured]
# Curves are kept over steps: a number that no run comes to must not bring a viewer down.
StepNumber: TypeAlias = Annotated[int, Meta(ge=0, le=10**12)]
# And pictures are drawn as large as they say they are.
Side: TypeAlias = Annotated[int, Meta(ge=0, le=1024)]


def measured(value: float) -> Measured:
    """The value, or None where it is NaN or infinite."""
    return value if math.isfinite(value) else None


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """`seq` and `time` (unix seconds) are stamped by the journal; `step` counts finished steps."""

    seq: int = 0
    time: float = 0.0
    step: StepNumber = 0


class Layer(msgspec.Struct, frozen=True):
    """One row of the layer table.

    `kind` is the module's class, `detail` its kernel ("3×3", "3×3 /2") or sizes ("512→10");
    `output` is the shape without the batch, (C, H, W) or (features,); `macs` are
    multiply-accumulates for one image, and `receptive` is the side in pixels of the part of the
    image that one output value depends on, 0 where that is all of it or not known.
    """

    name: str
    kind: str
    detail: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    receptive: int = 0


class RunStarted(_Event, frozen=True):
    """The first event of an attempt: everything that defines it."""

    attempt: str
    name: str
    recipe: Recipe
    resolved: Resolved
    host: str
    device: str
    classes: tuple[str, ...]
    layers: tuple[Layer, ...]
    parameters: int
    macs: int
    input: tuple[int, int, int]
    train_images: int
    validation_images: int
    validation_is_test: bool
    steps_per_epoch: Annotated[int, Meta(ge=1, le=10**12)]
    planned_steps: StepNumber
    versions: dict[str, str]
    git: str | None = None


PhaseName = Literal[
    "starting",
    "downloading",
    "loading",
    "compiling",
    "training",
    "evaluating",
    "saving",
    "pausing",
    "paused",
]


class Phase(_Event, frozen=True):
    """What the engine does from now on; `fraction` (0 to 1) of it is done, where known."""

    name: PhaseName
    fraction: float | UnsetType = UNSET
    note: str = ""


class Steps(_Event, frozen=True, omit_defaults=True):
    """Means over the training steps since the last such event.

    `waited` is the share of the time in which the steps waited for their images. `scalars` holds
    only what was measured since the last such event.
    """

    epoch: int
    loss: Measured
    top1: Measured
    lr: float
    images_per_second: Measured
    waited: Unmeasured = UNSET
    scalars: Scalars = {}


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """A cell of the confusion matrix with a few of its validation images, by index."""

    true: int
    predicted: int
    images: tuple[int, ...]


class Confusion(_Event, frozen=True):
    """Counts on the validation set, row = true class.

    Up to 100 classes `counts` is dense, (classes, classes); above, `sparse` lists the non-zero
    cells as (true, predicted, count). `worst` names the largest errors, worst first.
    """

    epoch: int
    counts: tuple[tuple[int, ...], ...] = ()
    sparse: tuple[tuple[int, int, int], ...] = ()
    worst: tuple[Cell, ...] = ()


class Picture(msgspec.Struct, frozen=True):
    """Row-major uint8 values as base64, (channels, height, width)."""

    channels: Annotated[int, Meta(ge=0, le=16)]
    height: Side
    width: Side
    data: str


class FeatureMap(msgspec.Struct, frozen=True):
    """One channel of a layer's output, reduced to a small grid.

    A byte b stands for `low + b / 255 * (high - low)`.
    """

    channel: int
    height: Side
    width: Side
    low: Measured
    high: Measured
    data: str


class FeatureMaps(_Event, frozen=True):
    """What a layer makes of one validation image."""

    layer: str
    shape: tuple[int, ...]
    image: int
    picture: Picture
    true: int
    top: tuple[tuple[int, Measured], ...]
    maps: tuple[FeatureMap, ...]


class Sample(msgspec.Struct, frozen=True):
    """A training image after augmentation, with the class that it counts as.

    Where two images are mixed, `other` is the class of the second and `share` how much the first
    stands for, 0 to 1.
    """

    picture: Picture
    label: str
    other: str = ""
    share: float = 1.0


class Augmented(_Event, frozen=True):
    """Training images as the network sees them; only ever an answer to a look inside."""

    epoch: int
    samples: tuple[Sample, ...]


class Example(msgspec.Struct, frozen=True):
    """A validation image with its class and the likeliest ones, each with its probability."""

    image: int
    picture: Picture
    true: int
    top: tuple[tuple[int, Measured], ...]


class Examples(_Event, frozen=True):
    """Validation images that were asked for; only ever an answer to a look inside."""

    examples: tuple[Example, ...]


class Kernels(_Event, frozen=True):
    """The filters of a convolution; only ever an answer to a look inside.

    `shape` is (out, in, height, width). A byte b of a picture stands for a weight of
    (b / 127.5 - 1) * `largest`; where the input has not three channels, for the mean over them.
    """

    layer: str
    shape: tuple[int, ...]
    largest: Measured
    kernels: tuple[Picture, ...]


class Health(msgspec.Struct, frozen=True, array_like=True):
    """How one layer with weights fares in one training step.

    `gradient` is the L2 norm of its weights' gradient, `update` the norm of their change over their
    own, `mean` and `deviation` those of its output, and `dead` the share of its units, channels or
    features, that the ReLU after it lets pass for no image of the batch.
    """

    layer: str
    gradient: Measured
    update: Measured
    mean: Measured
    deviation: Measured
    dead: Measured = None


class LayerHealth(_Event, frozen=True):
    """The layers that have weights, in the order of computation."""

    layers: tuple[Health, ...]


class EpochEnded(_Event, frozen=True, omit_defaults=True):
    """Results of an epoch; `seconds` of training and `evaluation_seconds` are wall-clock.

    `balanced` is the mean recall of the classes, for a run that weighs them.
    """

    epoch: int
    train_loss: Measured
    train_top1: Measured
    loss: Measured
    top1: Measured
    lr: float
    seconds: float
    evaluation_seconds: float
    images_per_second: Measured
    best: bool
    top5: Unmeasured = UNSET
    balanced: Unmeasured = UNSET
    scalars: Scalars = {}


class Checkpointed(_Event, frozen=True):
    """A checkpoint is durable under this file name.

    It took `seconds` to write, and the training waited `stall` seconds for the copy in memory.
    """

    file: str
    epoch: int
    bytes: int
    seconds: float
    reason: Literal["epoch", "best", "interval", "command", "signal", "stop"]
    top1: Unmeasured = UNSET
    stall: float | UnsetType = UNSET


class Resumed(_Event, frozen=True):
    """A new attempt goes on from a checkpoint: training events after `from_seq` no longer count."""

    attempt: str
    from_seq: int
    epoch: int


class Steered(_Event, frozen=True):
    """The rest of the run was changed, from the step after this one on.

    `factor` is by how much all planned rates are now multiplied, `epochs` the total, `lr` the rate
    of the next step; `command` is the id of what asked for it.
    """

    factor: float
    epochs: Annotated[int, Meta(ge=1, le=10**9)]
    lr: float
    command: str = ""


class Alert(_Event, frozen=True):
    """Something a person should know, with what to do about it."""

    level: Literal["info", "warning", "error"]
    code: str
    text: str
    values: dict[str, float | str | None] = {}
    command: str | UnsetType = UNSET


class Holder(msgspec.Struct, frozen=True):
    """A user whose processes hold memory on a GPU, in bytes."""

    user: str
    memory: int


class Gpu(msgspec.Struct, frozen=True):
    """One GPU as NVML sees it; memory in bytes, temperature in °C, power in watts.

    `index` is NVML's number of it and `cuda` torch's, which a GPU that is hidden from the run does
    not have. `holders` are those who use it beside this run.
    """

    index: int
    name: str
    ours: bool
    utilisation: float
    memory_used: int
    memory_total: int
    temperature: float | UnsetType = UNSET
    power: float | UnsetType = UNSET
    holders: tuple[Holder, ...] = ()
    cuda: int | UnsetType = UNSET


class Hardware(_Event, frozen=True):
    """A sample of the machine, every two seconds; also the engine's heartbeat.

    `cpu` is the load of the whole machine and `engine_cpu` that of the engine, each as a
    fraction of all cores; memory and disk are bytes.
    """

    cores: int
    cpu: float
    engine_cpu: float
    memory_used: int
    memory_total: int
    engine_memory: int
    disk_free: int
    gpus: tuple[Gpu, ...] = ()


class RunEnded(_Event, frozen=True):
    """The last event of an attempt."""

    reason: Literal["done", "stopped", "failed"]
    best_epoch: int | UnsetType = UNSET
    best_top1: Unmeasured = UNSET
    test_loss: Unmeasured = UNSET
    test_top1: Unmeasured = UNSET
    seconds: float = 0.0
    error: str = ""


Event: TypeAlias = (
    RunStarted
    | Phase
    | Steps
    | Confusion
    | FeatureMaps
    | Augmented
    | Examples
    | Kernels
    | LayerHealth
    | EpochEnded
    | Checkpointed
    | Resumed
    | Steered
    | Alert
    | Hardware
    | RunEnded
)

# What a resume takes back, when it came after the checkpoint.
TRAINING = (Steps, EpochEnded, Confusion, FeatureMaps, LayerHealth, Steered)

encode = msgspec.json.Encoder().encode
# What decoding raises for a line that is torn, foreign or of a newer version.
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def decode(line: bytes) -> Event:
    """One event from its line. Raises one of `UNREADABLE`."""
    return _decoder.decode(line)


def decode_lines(lines: bytes) -> list[Event]:
    """The events of many lines; raises as `decode` where any of them is not sound."""
    return _decoder.decode_lines(lines)
