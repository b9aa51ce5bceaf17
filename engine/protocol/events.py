"""Events from the engine: a tagged union of frozen structs. Each event is one JSON line.

The journal of a run is a sequence of events. A viewer knows a run from its journal alone.

Accuracies are fractions, times are seconds, and epochs count from 1. A measured number is
`float | None`: None stands for a value that is not finite, because JSON has no NaN. A number that
was not measured is `UNSET` and is left out of the line. New fields get defaults, and readers ignore
unknown fields, so an older viewer can read a newer run.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.recipes.recipe import Epochs, Recipe, Resolved
from engine.recipes.schedule import Asked, Steering
from engine.recipes.watched_recipe import Setting

Measured: TypeAlias = float | None
MaybeMeasured: TypeAlias = float | UnsetType | None
# Named numbers that have no field of their own, such as the gradient norm.
# Values are `Measured`; `_sanitize` makes them so, since people's scripts choose these numbers.
Scalars: TypeAlias = dict[str, Any]
LONGEST_SCALAR_NAME = 100
# Bounded, because curves are kept over steps and an absurd step number must not crash a viewer.
StepNumber: TypeAlias = Annotated[int, Meta(ge=0, le=10**12)]
# Bounded, because pictures are drawn in their declared size and an absurd one must not crash a
# viewer.
Side: TypeAlias = Annotated[int, Meta(ge=0, le=1024)]


def measured(value: float) -> Measured:
    """The value with seven digits, to keep the journal small; None if it is NaN or infinite."""
    return float(f"{value:.7g}") if math.isfinite(value) else None


def known(value: MaybeMeasured) -> Measured:
    """The number; None also for one that was not measured."""
    return None if value is UNSET else value


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The journal sets `seq` and `time` (unix seconds). `step` counts finished steps."""

    seq: int = 0
    time: float = 0.0
    step: StepNumber = 0


class Layer(msgspec.Struct, frozen=True):
    """One row of the layer table.

    `kind` is the module's class; `detail` is its kernel ("3×3", "3×3 /2") or its sizes ("512→10").
    `output` is the output shape without the batch, (C, H, W) or (features,). `macs` counts
    multiply-accumulates for one image. `receptive` is the side in pixels of the receptive field of
    one output value; 0 means the whole image, or unknown.
    """

    name: str
    kind: str
    detail: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    receptive: int = 0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A training of somebody's own program, or its log, in the words of that program.

    `framework` names what trains ("PyTorch 2.14.1", "Keras 3.15 on JAX"), and `log` the kind of the
    log that is read, empty where the program itself speaks. `settings` are its hyper-parameters.
    `epochs` is the planned total. `unit` says what the curves are drawn over: where the length of
    an epoch is not known, `steps_per_epoch` is 1 and `unit` is "step". `refusals` says for a kind
    of command (`Pause`, `Checkpoint`, `Stop`, `Steer`, `Probe`) why the program cannot obey it.
    """

    program: str
    framework: str = ""
    log: str = ""
    settings: dict[str, Setting] = {}
    epochs: Epochs | None = None
    unit: Literal["epoch", "step"] = "epoch"
    refusals: dict[str, str] = {}


class RunStarted(_Event, frozen=True):
    """An attempt starts. This event holds everything that defines it.

    A run of the engine has `recipe` and `resolved`, and any other training has `watched`. What the
    program did not tell of its model and its images is 0 or empty. `layers` without an output are
    known only by their names.
    """

    attempt: str
    name: str
    recipe: Recipe | None
    resolved: Resolved | None
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
    watched: Watched | None = None


# No engine writes "queued": a viewer says so of a run that waits in the queue for its first one.
PhaseName = Literal[
    "queued",
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
    """The engine enters a phase. `fraction` is the progress within it, 0 to 1, if known."""

    name: PhaseName
    fraction: float | UnsetType = UNSET
    note: str = ""


def _sanitize(scalars: Scalars) -> None:
    """Drop names that cannot be shown, and replace values that are no finite numbers by None."""
    if _can_be_shown(scalars):
        return
    for name, value in [*scalars.items()]:
        if not 0 < len(name) <= LONGEST_SCALAR_NAME:
            del scalars[name]
        elif isinstance(value, bool) or not isinstance(value, float | int):
            scalars[name] = None
        else:
            scalars[name] = measured(float(value))


def _can_be_shown(scalars: Scalars) -> bool:
    """Whether all are finite floats, as nearly always: a log may hold millions of them."""
    for name, value in scalars.items():
        if type(value) is not float or not math.isfinite(value):
            return False
        if not 0 < len(name) <= LONGEST_SCALAR_NAME:
            return False
    return True


class Steps(_Event, frozen=True, omit_defaults=True):
    """Means over the training steps since the last event of this type.

    `waited` is the share of the steps' time spent on waiting for images. `scalars` holds only the
    numbers measured since the last event of this type.
    """

    epoch: int
    loss: MaybeMeasured = UNSET
    top1: MaybeMeasured = UNSET
    lr: MaybeMeasured = UNSET
    images_per_second: MaybeMeasured = UNSET
    waited: MaybeMeasured = UNSET
    scalars: Scalars = {}

    def __post_init__(self) -> None:
        _sanitize(self.scalars)


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """A cell of the confusion matrix, with the indices of a few of its validation images."""

    true: int
    predicted: int
    images: tuple[int, ...]


class Confusion(_Event, frozen=True):
    """The confusion matrix on the validation set. A row is a true class.

    Up to 100 classes, `counts` is dense: (classes, classes). With more classes, `sparse` lists the
    non-zero cells as (true, predicted, count). `worst` lists the cells with the most errors, worst
    first.
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

    A byte b stands for the value `low + b / 255 * (high - low)`.
    """

    channel: int
    height: Side
    width: Side
    low: Measured
    high: Measured
    data: str


class FeatureMaps(_Event, frozen=True):
    """The output of a layer for one image, with the model's top predictions.

    The image is one of the validation set, unless a request names another. `name` is that of the
    image in its data set: `train/17` where the set is published as arrays.
    """

    layer: str
    shape: tuple[int, ...]
    image: int
    picture: Picture
    true: int
    top: tuple[tuple[int, Measured], ...]
    maps: tuple[FeatureMap, ...]
    name: str = ""


class Sample(msgspec.Struct, frozen=True):
    """A training image after augmentation, with its class.

    If two images are mixed, `other` is the class of the second one, and `share` is the weight of
    the first one, 0 to 1.
    """

    picture: Picture
    label: str
    other: str = ""
    share: float = 1.0


class Augmented(_Event, frozen=True):
    """Training images as the network sees them, at this height and width in pixels.

    Only a reply to `Inspect`.
    """

    epoch: int
    samples: tuple[Sample, ...]
    size: int = 0


class Example(msgspec.Struct, frozen=True):
    """An image with its label, and the top predictions with their probabilities.

    `image` is its index in its split, and `name` its name in its data set: `train/17` where the
    set is published as arrays.
    """

    image: int
    picture: Picture
    true: int
    top: tuple[tuple[int, Measured], ...]
    name: str = ""


class Examples(_Event, frozen=True):
    """Images that a viewer requested. Only a reply to `Inspect`."""

    examples: tuple[Example, ...]


class Neighbours(_Event, frozen=True):
    """An image, and the training images that lie nearest to it, nearest first.

    Those in `given` have the image's label, and those in `held` that of the class that the image is
    held for. Only a reply to `Inspect`.
    """

    image: Example
    given: tuple[Example, ...]
    held: tuple[Example, ...]


class Kernels(_Event, frozen=True):
    """The filters of a convolution. Only a reply to `Inspect`.

    `shape` is (out, in, height, width). A byte b of a picture stands for the weight
    (b / 127.5 - 1) * `largest`. A picture shows the mean over the input channels, unless there are
    three of them.
    """

    layer: str
    shape: tuple[int, ...]
    largest: Measured
    kernels: tuple[Picture, ...]


class Health(msgspec.Struct, frozen=True, array_like=True):
    """The health of one layer with weights in one training step.

    `gradient` is the L2 norm of the weights' gradient. `update` is the norm of the weights' change
    divided by the norm of the weights. `mean` and `deviation` are the mean and the standard
    deviation of the output. `dead` is the share of units (channels or features) for which the
    following ReLU is zero on the whole batch.
    """

    layer: str
    gradient: Measured
    update: Measured
    mean: Measured
    deviation: Measured
    dead: Measured = None


class LayerHealth(_Event, frozen=True):
    """The health of all layers with weights, in the order of computation."""

    layers: tuple[Health, ...]


class EpochEnded(_Event, frozen=True, omit_defaults=True):
    """The results of an epoch.

    `seconds` (of training) and `evaluation_seconds` are wall-clock times. `balanced` is the mean
    recall over the classes, in a run with class weights. `left_out` validation images could not be
    read and are not counted.
    """

    epoch: int
    train_loss: MaybeMeasured = UNSET
    train_top1: MaybeMeasured = UNSET
    loss: MaybeMeasured = UNSET
    top1: MaybeMeasured = UNSET
    lr: MaybeMeasured = UNSET
    seconds: float | UnsetType = UNSET
    evaluation_seconds: float | UnsetType = UNSET
    images_per_second: MaybeMeasured = UNSET
    best: bool | UnsetType = UNSET
    top5: MaybeMeasured = UNSET
    balanced: MaybeMeasured = UNSET
    scalars: Scalars = {}
    left_out: int = 0

    def __post_init__(self) -> None:
        _sanitize(self.scalars)


class Checkpointed(_Event, frozen=True):
    """A checkpoint is durable under this file name.

    Writing it took `seconds`. The training stood still for `stall` seconds, while the state was
    copied in memory.
    """

    file: str
    epoch: int
    bytes: int
    seconds: float
    reason: Literal["epoch", "best", "interval", "command", "signal", "stop"]
    top1: MaybeMeasured = UNSET
    stall: float | UnsetType = UNSET


class Resumed(_Event, frozen=True):
    """A new attempt resumes from a checkpoint. It supersedes training events after `from_seq`."""

    attempt: str
    from_seq: int
    epoch: int


class Steered(_Event, frozen=True):
    """A command changed the rest of the run, from the step after this one on.

    `epochs` is the total, without meaning where a watched program has told none. `lr` is the rate
    of the next step, and `command` the id of the command. `factor` is `lr` over the rate without
    steering. The plan ahead follows from `scale` and `asked`, see `schedule.Steering`; in a journal
    of an older version, from `factor` alone.
    """

    factor: float
    epochs: Annotated[int, Meta(ge=1, le=10**9)]
    lr: float
    command: str = ""
    scale: float | None = None
    asked: Asked | None = None

    @property
    def steering(self) -> Steering:
        """The steering from the step after this one on."""
        scale = self.factor if self.scale is None else self.scale
        return Steering(epochs=self.epochs, factor=scale, asked=self.asked)


# The code of the alert about a loss that is not finite.
NON_FINITE_LOSS = "loss"
# The code of the alert about an activation function after the logits.
ENDING = "logits"
# That of the alert that counts what a person's decisions on labels have changed.
DECIDED = "labels"
# The code of the alert about what a start cost; its values are the seconds of each phase.
START_COST = "start"


class Alert(_Event, frozen=True):
    """Something that the user should know, and what to do about it."""

    level: Literal["info", "warning", "error"]
    code: str
    text: str
    values: dict[str, float | str | None] = {}
    command: str | UnsetType = UNSET


class Holder(msgspec.Struct, frozen=True):
    """A user whose processes hold memory on a GPU, in bytes."""

    user: str
    memory: int
    processes: int = 1


class Gpu(msgspec.Struct, frozen=True):
    """One GPU as NVML sees it; memory in bytes, temperature in °C, power in watts.

    `index` is its number in NVML. `cuda` is its number in torch; a GPU that the run cannot see has
    none. `ours` says that the run uses it. `holders` are the users of other processes on it.
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
    """A sample of the machine, every two seconds at first and rarer later; see `Heartbeat`.

    `cpu` is the load of the whole machine and `engine_cpu` the load of the engine, both as a
    fraction of all cores. Memory and disk are in bytes.
    """

    cores: int
    cpu: float
    engine_cpu: float
    memory_used: int
    memory_total: int
    engine_memory: int
    disk_free: int
    gpus: tuple[Gpu, ...] = ()


class Heartbeat(_Event, frozen=True):
    """The engine lives; it has written nothing else for some seconds."""


class RunEnded(_Event, frozen=True):
    """The last event of an attempt.

    `setting` is the one with which a resume gets further where this attempt failed, as `--set`
    takes it.
    """

    reason: Literal["done", "stopped", "failed"]
    best_epoch: int | UnsetType = UNSET
    best_top1: MaybeMeasured = UNSET
    test_loss: MaybeMeasured = UNSET
    test_top1: MaybeMeasured = UNSET
    seconds: float = 0.0
    error: str = ""
    setting: str = ""


Event: TypeAlias = (
    RunStarted
    | Phase
    | Steps
    | Confusion
    | FeatureMaps
    | Augmented
    | Examples
    | Neighbours
    | Kernels
    | LayerHealth
    | EpochEnded
    | Checkpointed
    | Resumed
    | Steered
    | Alert
    | Hardware
    | Heartbeat
    | RunEnded
)

# The events that a resume supersedes if they came after its checkpoint was written.
TRAINING = (Steps, EpochEnded, Confusion, FeatureMaps, LayerHealth, Steered)

encode = msgspec.json.Encoder().encode
# The errors of decoding a line that is torn, foreign or from a newer version.
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def decode(line: bytes) -> Event:
    """Decode one line. Raises one of `UNREADABLE`."""
    return _decoder.decode(line)


def decode_lines(lines: bytes) -> list[Event]:
    """Decode many lines. Raises one of `UNREADABLE` if any line cannot be decoded."""
    return _decoder.decode_lines(lines)
