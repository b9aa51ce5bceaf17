"""A recipe: one flat record with everything that defines a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from engine.catalog import architecture_names, data_names
from engine.errors import UsageError
from engine.recipes import recipe_text

Auto: TypeAlias = Literal["auto"]
All: TypeAlias = Literal["all"]
Default: TypeAlias = Literal["default"]
FractionBelowOne: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]
IfBroken: TypeAlias = Literal["stop", "skip"]
Backdrop: TypeAlias = Literal["none", "white", "black"]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
NotNegative: TypeAlias = Annotated[float, Meta(ge=0)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
ShareAboveZero: TypeAlias = Annotated[float, Meta(gt=0, le=1)]
Ratio: TypeAlias = Annotated[float, Meta(ge=1 / 20, le=20)]
Alpha: TypeAlias = Annotated[float, Meta(ge=0, le=100)]
Fit: TypeAlias = Literal["crop", "squash", "pad"]
Fill: TypeAlias = Literal["nearest", "constant", "reflect"]

SMALLEST_SIDE, LARGEST_SIDE = 8, 1024
Side: TypeAlias = Annotated[int, Meta(ge=SMALLEST_SIDE, le=LARGEST_SIDE)]

# Images are photographs where the median of their shorter sides is at least so many pixels. They
# are then trained on at the size of ImageNet.
PHOTOGRAPH, PHOTOGRAPH_SIZE = 192, 224

# The largest batch.
MOST_IMAGES = 65_536
# Steering has the same bounds.
HIGHEST_RATE = 1000
MOST_EPOCHS = 1_000_000
Epochs: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_EPOCHS)]
EpochsOrZero: TypeAlias = Annotated[int, Meta(ge=0, le=MOST_EPOCHS)]
LearningRate: TypeAlias = Annotated[float, Meta(gt=0, le=HIGHEST_RATE)]

# What `crop_scale` can be.
TWO_SHARES = (
    "two numbers above 0 and at most 1, the smaller one first, as crop_scale=0.25,1, or none, as "
    "crop_scale="
)

# Values of `cache` that name no folder.
CACHE_AUTO, CACHE_ON, CACHE_OFF = CACHE_WORDS = ("auto", "on", "off")

DEVICE_PATTERN = r"^(auto|cpu|cuda(:[0-9]{1,3})?)$"
LABELS_PATTERN = r"^(auto|prefix|column:.+)$"
SAVE_PATTERN = r"^([1-9][0-9]{0,8}(s|m|h|steps))?$"
_NUMBER = r"([0-9]{1,3}|[0-9]?\.[0-9]{1,30}|[0-9](\.[0-9]{1,30})?e-[0-9]{1,3})"
_NUMBERS = rf"{_NUMBER}(,{_NUMBER},{_NUMBER})?"
NORMALISE_PATTERN = rf"^(auto|data|imagenet|{_NUMBERS}/{_NUMBERS})$"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that defines a run. Durations are in epochs; epochs count from 1."""

    arch: str = "lenet5"
    data: str = "digits"
    data_dir: str = ""
    size: Auto | Side = "auto"
    size_start: Annotated[int, Meta(ge=0, le=LARGEST_SIDE)] = 0
    fit: Fit = "crop"
    crop_pct: Annotated[float, Meta(ge=0.1, le=1)] = 1.0
    canvas: Auto | Annotated[int, Meta(ge=0, le=4096)] = "auto"
    cache: Annotated[str, Meta(min_length=1)] = "auto"
    normalise: Annotated[str, Meta(pattern=NORMALISE_PATTERN)] = "auto"
    holdout: FractionBelowOne = 0.0
    labels: Annotated[str, Meta(pattern=LABELS_PATTERN)] = "auto"
    decisions: str = ""
    class_order: Literal["names", "natural"] = "names"
    class_names: str | tuple[tuple[str, str], ...] = ""
    bands: tuple[Annotated[int, Meta(ge=1, le=100_000)], ...] = ()
    levels: Auto | tuple[float, ...] = "auto"
    backdrop: Auto | Backdrop = "auto"
    broken: IfBroken = "stop"
    image_column: str = ""
    label_column: str = ""
    preset: str = "quick"

    act: Literal["default", "relu", "tanh", "sigmoid", "gelu"] = "default"
    bn: Default | bool = "default"
    dropout: Default | FractionBelowOne = "default"
    drop_path: Default | FractionBelowOne = "default"
    pretrained: bool = False
    init_from: str = ""
    partial: bool = False
    freeze: EpochsOrZero = 0

    epochs: Epochs = 30
    batch: Annotated[int, Meta(ge=1, le=MOST_IMAGES)] = 128
    accumulate: Auto | Annotated[int, Meta(ge=1, le=MOST_IMAGES)] = 1
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0

    optimizer: Literal["sgd", "adam", "adamw", "muon"] = "sgd"
    lr: LearningRate = 0.1
    momentum: FractionBelowOne = 0.9
    nesterov: bool = True
    beta2: FractionBelowOne = 0.999
    eps: Positive = 1e-8
    weight_decay: NotNegative = 5e-4
    decay_norms: bool = False
    norm_bias_lr: LearningRate = 1.0
    clip: NotNegative = 0.0
    ema: FractionBelowOne = 0.0
    tta: bool = False
    label_smoothing: FractionBelowOne = 0.0
    class_weights: bool = False
    patience: EpochsOrZero = 0
    on_nan: Literal["auto", "pause", "stop", "rollback"] = "auto"
    save_every: Annotated[str, Meta(pattern=SAVE_PATTERN)] = ""
    keep: EpochsOrZero = 0
    suspects: Literal["off", "on"] = "on"

    schedule: Literal["constant", "step", "cosine", "onecycle", "linear"] = "onecycle"
    warmup: Annotated[float, Meta(ge=0, le=MOST_EPOCHS)] = 0.0
    milestones: tuple[Epochs, ...] = ()
    gamma: Annotated[float, Meta(gt=0, le=1)] = 0.1
    peak: FractionBelowOne = 0.0
    plateau: bool = False
    plateau_factor: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    plateau_patience: EpochsOrZero = 5
    plateau_rule: Literal["pytorch", "keras"] = "pytorch"
    lr_floor: NotNegative = 0.0

    crop: Annotated[int, Meta(ge=0, le=64)] = 0
    crop_scale: Annotated[tuple[ShareAboveZero, ...], Meta(description=TWO_SHARES)] = ()
    crop_ratio: tuple[Ratio, Ratio] = (3 / 4, 4 / 3)
    flip: bool | Literal["alternating"] = False
    rotate: Annotated[float, Meta(ge=0, le=180)] = 0.0
    rot90: bool = False
    shift: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    zoom: FractionBelowOne = 0.0
    shear: Annotated[float, Meta(ge=0, le=60)] = 0.0
    fill: Fill = "nearest"
    auto_augment: Literal["none", "trivialaugment", "randaugment"] = "none"
    num_ops: Annotated[int, Meta(ge=1, le=14)] = 2
    magnitude: Annotated[int, Meta(ge=0, le=30)] = 9
    brightness: Share = 0.0
    contrast: Share = 0.0
    saturation: Share = 0.0
    hue: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    cutout: Annotated[int, Meta(ge=0, le=1024)] = 0
    erasing: Share = 0.0
    mixup: Alpha = 0.0
    cutmix: Alpha = 0.0

    device: Annotated[str, Meta(pattern=DEVICE_PATTERN)] = "auto"
    gpus: All | Annotated[int, Meta(ge=1, le=1024)] = 1
    precision: Literal["auto", "float32", "bf16"] = "auto"
    memory_format: Literal["auto", "contiguous", "channels-last"] = "auto"
    threads: Auto | Annotated[int, Meta(ge=1, le=1024)] = "auto"
    loader: Literal["auto", "resident", "streaming"] = "auto"
    compile: Literal["auto", "off", "on"] = "auto"
    cuda_graph: Literal["auto", "off", "on"] = "auto"
    deterministic: Literal["auto", "off", "on"] = "auto"


# The fields that a resume may change: those that decide when the run saves and ends, where its data
# is, whether broken images stop it, in how many parts it learns from a batch, where decoded images
# are kept, and whether doubtful labels are looked for. A change of any other field would make it
# another run.
CHANGEABLE = (
    *("epochs", "patience", "on_nan", "save_every", "keep", "data", "data_dir", "broken"),
    *("accumulate", "cache", "suspects"),
)

FIELDS: tuple[str, ...] = Recipe.__struct_fields__


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The value chosen for every `auto` when the run started. A resume on that device keeps it."""

    device: Literal["cpu", "cuda"]
    precision: Literal["float32", "bf16"]
    memory_format: Literal["contiguous", "channels-last"]
    threads: int
    size: int
    canvas: int = 0
    accumulate: int = 1
    loader: Literal["resident", "streaming"] = "resident"
    compile: Literal["off", "on"] = "off"
    cuda_graph: Literal["off", "on"] = "off"
    deterministic: Literal["off", "on"] = "off"
    normalise: str = "data"
    levels: tuple[float, ...] = ()
    backdrop: Backdrop = "none"


# How images became pixels before the recipe said so; a run of that time goes on like this.
PIXELS_BEFORE: dict[str, object] = {"levels": (), "backdrop": "none", "normalise": "data"}

COMMENTS: Mapping[str, str] = {
    "arch": "architecture, see `cnn-tui models`; torchvision/NAME, timm/NAME, FILE.py:FUNCTION",
    "data": "data set, see `cnn-tui datasets`, or a folder or a file; torchvision/NAME, hf/NAME, "
    "FILE.py:FUNCTION",
    "data_dir": "where to look for data sets first",
    "size": "height and width in pixels to which images are resized",
    "size_start": "height and width in the first epoch, from which they grow to size; 0 for size "
    "throughout",
    "fit": "how an image becomes a square: crop (its centre), squash (all of it), or pad (all of "
    "it, with black margins)",
    "crop_pct": "share of the side of the image that this keeps",
    "canvas": "shorter side in pixels to which images are decoded for random crops: auto (twice "
    "size), or 0 (no larger than size)",
    "cache": "decoded images are kept for later epochs and runs: auto (on a local disk), on, off, "
    "or a folder",
    "normalise": "auto (as the weights that the run starts from, else data), data, imagenet, or "
    "MEAN/STD, as 0.5,0.5,0.5/0.2,0.2,0.2",
    "holdout": "share of the training images used for validation; test images are used at the end",
    "labels": "classes of images without class folders: auto (from a table beside them), prefix "
    "(from names such as cat.0001.jpg) or column:NAME (that column of the table)",
    "decisions": "file with a person's decisions on labels: drop an image, keep it, or give it "
    "another class; see --labels",
    "class_order": "names (as ImageFolder: 10 before 2) or natural (2 before 10)",
    "class_names": "pairs of a class and its name; --set class_names=FILE reads a table or a list",
    "bands": "numbers, from 1, of one or three bands of images that have more, such as 4,3,2",
    "levels": "values that become black and white in images of more than 8 bits, such as 0,4095; "
    "[] for those of the kind of the numbers",
    "backdrop": "what shows through transparent pixels: auto, white, black, or none (the colours "
    "that they hide)",
    "broken": "where more than 1 % of the images cannot be read: stop, or skip them",
    "image_column": "column of the images in tables and shards that have several",
    "label_column": "column of the labels in tables and shards that have several",
    "preset": "the preset that the fields were taken from",
    "act": "default, relu, tanh, sigmoid or gelu",
    "bn": "batch normalisation: default, true or false",
    "dropout": "default, or a probability from 0 to below 1",
    "drop_path": "default, or the highest probability with which a residual branch is left out",
    "pretrained": "start from torchvision's ImageNet weights",
    "init_from": "start from the weights of this run, checkpoint or file",
    "partial": "take what fits of these weights, also if that is less than half of the model",
    "freeze": "number of first epochs in which only the last layer learns",
    "lr": "the highest learning rate of the schedule",
    "accumulate": "parts into which a batch is split to fit into memory, or auto (on a GPU, as few "
    "as fit)",
    "optimizer": "sgd, adam, adamw or muon (matrices; AdamW for the rest)",
    "beta2": "adam, adamw",
    "momentum": "sgd, muon; beta1 of adam, adamw",
    "decay_norms": "weight decay also on biases and on the scales of norms",
    "norm_bias_lr": "learning rate of the biases of batch norms, as a multiple of lr",
    "clip": "largest norm of the gradient, 0 for no limit",
    "ema": "decay of the EMA of the weights, which is then validated; 0 for none",
    "tta": "test-time augmentation: mean prediction over each image and its mirror image",
    "label_smoothing": "share of each label that is spread over all classes",
    "class_weights": "weigh the loss so that all classes count alike, however rare",
    "patience": "stop after this many epochs without a better validation accuracy, as "
    "EarlyStopping of Keras and Lightning; 0 for never",
    "on_nan": "on a loss that is not finite: pause, stop, rollback (to the last checkpoint, with a "
    "tenth of the rate), or auto (pause with a dashboard, else stop)",
    "save_every": "also save at this interval, between epochs: 30s, 10m or 500steps",
    "keep": "number of last epochs whose checkpoints are kept",
    "suspects": "look for images whose label is doubtful while they are trained on: on or off",
    "schedule": "constant, step, cosine, onecycle or linear",
    "warmup": "epochs in which the learning rate rises from 0 to the schedule's",
    "milestones": "epochs at whose start the learning rate is multiplied by gamma (step)",
    "peak": "share of the steps in which the learning rate rises, before it falls (linear)",
    "plateau": "multiply the learning rate by plateau_factor when the validation loss stalls",
    "plateau_patience": "epochs without a lower validation loss before that",
    "plateau_rule": "pytorch (one epoch later, lower by a share of 1e-4) or keras (lower by 1e-4)",
    "crop": "largest random shift in whole pixels",
    "crop_scale": "smallest and largest share of the area that a random resized crop shows, such "
    "as 0.25,1; none if empty",
    "crop_ratio": "smallest and largest width / height of a random resized crop",
    "flip": "mirror half of the images; alternating: each image in every other epoch",
    "rotate": "largest rotation in degrees",
    "rot90": "rotate by a random multiple of 90 degrees",
    "shift": "largest shift as a share of the side",
    "zoom": "largest zoom, in or out, as a share; independent for width and height",
    "shear": "largest shear in degrees",
    "fill": "how edges are filled: nearest (pixel), constant (black) or reflect",
    "auto_augment": "none, trivialaugment (one random operation an image), or randaugment",
    "num_ops": "number of operations of randaugment",
    "magnitude": "strength of the operations of randaugment, of 30",
    "brightness": "largest change of brightness as a share",
    "contrast": "largest change of contrast as a share",
    "saturation": "largest change of saturation as a share",
    "hue": "largest rotation of the hue as a share of the colour circle",
    "cutout": "side in pixels of the erased square",
    "erasing": "probability that a rectangle of the image is erased",
    "mixup": "alpha of mixup, 0 for none",
    "cutmix": "alpha of CutMix, 0 for none",
    "device": "auto, cpu, cuda or cuda:N",
    "gpus": "number of GPUs that share each batch, or all; with device cpu, of processes",
    "precision": "auto, float32 or bf16",
    "loader": "auto, resident (images stay in memory) or streaming (decoded from disk)",
    "compile": "auto (on a GPU, for runs longer than a quarter of an hour), off or on",
    "cuda_graph": "launch a whole training step as one CUDA graph: auto (on one GPU), off or on",
    "deterministic": "kernels of a GPU that compute the same bits in every run, as those of a CPU "
    "do: auto (off), off or on",
}


def share_of_batch(batch: int, parts: int, most: int = MOST_IMAGES) -> int:
    """The number of images that each of `parts` processes takes from a batch.

    A batch has at most `most` images, those of the training set. Raises UsageError if the parts
    would differ in size: the mean of their gradients would then not be the gradient of the batch.
    """
    if batch % parts:
        raise UsageError(recipe_text.batch_not_shared(batch, parts, most))
    return batch // parts


def short_names(recipe: Recipe) -> tuple[str, str]:
    """Architecture and data set, without the folders of their files."""
    return architecture_names.short_name(recipe.arch), data_names.short_name(recipe.data)
