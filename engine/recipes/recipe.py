"""A recipe: all that defines a run, as one flat record that is written and read as TOML.

A recipe is made of layers, later ones win: the preset, a TOML file, that file's `[resolved]`
table, `--set` and the flags. `build` puts them together and checks every field.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from engine import text
from engine.catalog import architecture_names
from engine.catalog.architectures import (
    ARCHITECTURES,
    adjustable,
    families,
    has_weights,
)
from engine.catalog.data_shape import LARGEST_SMALL_IMAGE
from engine.errors import UsageError
from engine.recipes import presets, recipe_text

Auto: TypeAlias = Literal["auto"]
All: TypeAlias = Literal["all"]
Default: TypeAlias = Literal["default"]
Fraction: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
NotNegative: TypeAlias = Annotated[float, Meta(ge=0)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Alpha: TypeAlias = Annotated[float, Meta(ge=0, le=100)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]

# What torchvision's weights were trained with, mostly.
PRETRAINED_SIZE = 224

DevicePattern = r"^(auto|cpu|cuda(:[0-9]{1,3})?)$"


SavePattern = r"^([1-9][0-9]{0,8}(s|m|h|steps))?$"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """All that defines a run; times are in epochs, and epochs count from 1."""

    arch: str = "lenet5"
    data: str = "digits"
    data_dir: str = ""
    size: Auto | Annotated[int, Meta(ge=8, le=1024)] = "auto"
    holdout: Fraction = 0.0
    preset: str = "quick"

    act: Literal["default", "relu", "tanh", "sigmoid", "gelu"] = "default"
    bn: Default | bool = "default"
    dropout: Default | Fraction = "default"
    pretrained: bool = False
    init_from: str = ""
    freeze: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    epochs: Count = 30
    batch: Annotated[int, Meta(ge=1, le=65_536)] = 128
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0

    optimizer: Literal["sgd", "adam", "adamw", "muon"] = "sgd"
    lr: Annotated[float, Meta(gt=0, le=1000)] = 0.1
    momentum: Fraction = 0.9
    nesterov: bool = True
    beta2: Fraction = 0.999
    eps: Positive = 1e-8
    weight_decay: NotNegative = 5e-4
    decay_norms: bool = False
    norm_bias_lr: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    clip: NotNegative = 0.0
    ema: Fraction = 0.0
    tta: bool = False
    label_smoothing: Fraction = 0.0
    class_weights: bool = False
    patience: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    on_nan: Literal["auto", "pause", "stop", "rollback"] = "auto"
    save_every: Annotated[str, Meta(pattern=SavePattern)] = ""
    keep: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    schedule: Literal["constant", "step", "cosine", "onecycle", "linear"] = "onecycle"
    warmup: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    milestones: tuple[Count, ...] = ()
    gamma: Annotated[float, Meta(gt=0, le=1)] = 0.1
    peak: Fraction = 0.0
    plateau: bool = False
    plateau_factor: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    plateau_patience: Annotated[int, Meta(ge=0, le=1_000_000)] = 5
    lr_floor: NotNegative = 0.0

    crop: Annotated[int, Meta(ge=0, le=64)] = 0
    flip: bool | Literal["alternating"] = False
    rotate: Annotated[float, Meta(ge=0, le=180)] = 0.0
    rot90: bool = False
    shift: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    zoom: Fraction = 0.0
    shear: Annotated[float, Meta(ge=0, le=60)] = 0.0
    fill: Literal["nearest", "constant", "reflect"] = "nearest"
    brightness: Share = 0.0
    contrast: Share = 0.0
    saturation: Share = 0.0
    hue: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    cutout: Annotated[int, Meta(ge=0, le=1024)] = 0
    erasing: Share = 0.0
    mixup: Alpha = 0.0
    cutmix: Alpha = 0.0

    device: Annotated[str, Meta(pattern=DevicePattern)] = "auto"
    gpus: All | Annotated[int, Meta(ge=1, le=1024)] = 1
    precision: Literal["auto", "float32", "bf16"] = "auto"
    memory_format: Literal["auto", "contiguous", "channels-last"] = "auto"
    threads: Auto | Annotated[int, Meta(ge=1, le=1024)] = "auto"
    loader: Literal["auto", "resident", "streaming"] = "auto"
    compile: Literal["auto", "off", "on"] = "auto"
    cuda_graph: Literal["auto", "off", "on"] = "auto"


def share(batch: int, parts: int) -> int:
    """How many images of a batch each of so many processes takes.

    Raises UsageError where they would not take equally many: the mean of their gradients would
    then not be that of the batch.
    """
    if batch % parts:
        raise UsageError(recipe_text.batch_not_shared(batch, parts))
    return batch // parts


def names(recipe: Recipe) -> tuple[str, str]:
    """Architecture and data as people call them: without the folders of their files."""
    return architecture_names.short_name(recipe.arch), PurePath(recipe.data).name or recipe.data


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What every `auto` became when the run started on its device; a resume there obeys it."""

    device: Literal["cpu", "cuda"]
    precision: Literal["float32", "bf16"]
    memory_format: Literal["contiguous", "channels-last"]
    threads: int
    size: int
    loader: Literal["resident", "streaming"] = "resident"
    compile: Literal["off", "on"] = "off"
    cuda_graph: Literal["off", "on"] = "off"


COMMENTS: Mapping[str, str] = {
    "arch": "architecture, see `cnn-tui models`; torchvision/NAME, timm/NAME, FILE.py:FUNCTION",
    "data": "data set, see `cnn-tui datasets`, or the path of a folder of images",
    "data_dir": "where to look for data sets first",
    "size": "height and width in pixels that images are brought to",
    "holdout": "share of the training images that validates; the test images are for the end",
    "preset": "the preset that the fields were taken from",
    "act": "default, relu, tanh, sigmoid or gelu",
    "bn": "batch normalisation: default, true or false",
    "dropout": "default, or a share from 0 to below 1",
    "pretrained": "begin with torchvision's weights for ImageNet",
    "init_from": "begin with the weights of this checkpoint",
    "freeze": "epochs at the beginning in which only the last layer learns",
    "lr": "the highest learning rate of the schedule",
    "optimizer": "sgd, adam, adamw or muon (matrices; AdamW for the rest)",
    "beta2": "adam, adamw",
    "momentum": "sgd, muon; beta1 of adam, adamw",
    "decay_norms": "weight decay also on biases and on the scales of norms",
    "norm_bias_lr": "the rate of the biases of batch norms as a multiple of lr",
    "clip": "largest norm of the gradient, 0 for any",
    "ema": "decay of a moving average of the weights, which is then validated; 0 for none",
    "tta": "test-time augmentation: validate the mean of each image and its mirror image",
    "label_smoothing": "share of each label that is spread over all classes",
    "class_weights": "weigh rare classes more, each as much as any other",
    "patience": "stop after so many epochs without a better validation accuracy, 0 for never",
    "on_nan": "a loss that is no number: pause, stop, rollback (last checkpoint, a tenth of the "
    "rate), or auto: pause where there is a dashboard, else stop",
    "save_every": "also save so often besides every epoch, as 30s, 10m or 500steps",
    "keep": "so many of the last epochs keep a checkpoint of their own",
    "schedule": "constant, step, cosine, onecycle or linear",
    "warmup": "epochs in which the schedule's rate rises from 0",
    "milestones": "epochs from which the rate is multiplied by gamma (step)",
    "peak": "share of the steps in which the rate rises, before it falls (linear)",
    "plateau": "multiply the rate by plateau_factor when validation loss stalls",
    "plateau_patience": "epochs without a lower validation loss that are borne",
    "crop": "random shift by up to so many whole pixels",
    "flip": "mirror half of the images; alternating: each in every other epoch",
    "rotate": "largest rotation in degrees",
    "rot90": "turn by a random multiple of 90 degrees",
    "shift": "largest shift as a share of the side",
    "zoom": "largest zoom, in and out, as a share; width and height apart",
    "shear": "largest shear in degrees",
    "fill": "what moves in at the edges: nearest pixel, constant (black) or reflect",
    "brightness": "largest change of brightness as a share",
    "contrast": "largest change of contrast as a share",
    "saturation": "largest change of saturation as a share",
    "hue": "largest turn of the hues as a share of the circle",
    "cutout": "side in pixels of a square that is erased",
    "erasing": "share of the images in which a rectangle is erased",
    "mixup": "alpha of mixup, 0 for none",
    "cutmix": "alpha of CutMix, 0 for none",
    "device": "auto, cpu, cuda or cuda:N",
    "gpus": "so many GPUs share each batch, or all; with device cpu, so many processes",
    "precision": "auto, float32 or bf16",
    "loader": "auto, resident (images stay in memory) or streaming (from disk)",
    "compile": "auto (on a GPU, for a run of more than a quarter of an hour), off or on",
    "cuda_graph": "launch a whole training step at once: auto (on one GPU), off or on",
}

FIELDS: tuple[str, ...] = Recipe.__struct_fields__
_TYPES: Mapping[str, Any] = get_type_hints(Recipe, include_extras=True)


def build(
    *,
    file: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Recipe:
    """One checked recipe from a TOML file's fields, `--set` settings and flags.

    Raises UsageError with the field and what it allows.
    """
    said: dict[str, object] = {}
    if file is not None:
        said |= {key: value for key, value in file.items() if key != "resolved"}
        said |= _resolved_of(file)
    said |= {**(settings or {}), **(flags or {})}
    for key in said:
        if key not in FIELDS:
            raise UsageError(recipe_text.unknown_key(key, FIELDS))
    defaults = {name: Recipe().__getattribute__(name) for name in ("arch", "data", "preset")}
    arch, data, name = (str(said.get(key, defaults[key])) for key in ("arch", "data", "preset"))
    if not architecture_names.well_formed(arch):
        raise UsageError(recipe_text.unknown_architecture(arch, ARCHITECTURES))
    values = presets.preset(name, arch, data) | said
    if values.get("pretrained") is True and values.get("size", "auto") == "auto":
        values["size"] = PRETRAINED_SIZE
    chosen = Recipe(**{key: _checked(key, value) for key, value in values.items()})
    _check_architecture(chosen)
    return chosen


def _resolved_of(file: Mapping[str, object]) -> dict[str, object]:
    """What an earlier start made of every `auto`; a GPU that was named keeps its number."""
    resolved = file.get("resolved", {})
    choices = dict(resolved) if isinstance(resolved, Mapping) else {}
    if str(file.get("device", "")).startswith(f"{choices.get('device')}:"):
        del choices["device"]
    return choices


def moved(file: Mapping[str, object], device: str) -> dict[str, object]:
    """The fields of a run's recipe file, for the run to go on on another device.

    What every `auto` became is chosen anew there, but for the size of the images, which is that of
    the weights; and how many GPUs shared the batch says nothing of another device.
    """
    resolved = file.get("resolved", {})
    size = resolved.get("size") if isinstance(resolved, Mapping) else None
    there = {"device": device, "gpus": 1} | ({} if size is None else {"size": size})
    return {key: value for key, value in file.items() if key != "resolved"} | there


def _check_architecture(chosen: Recipe) -> None:
    """Raise UsageError where a field asks for what the architecture does not have."""
    for field in ("act", "bn", "dropout"):
        if getattr(chosen, field) != "default" and not adjustable(chosen.arch, field):
            able = families(a for a in ARCHITECTURES.values() if field in a.adjusts)
            raise UsageError(recipe_text.not_adjustable(field, chosen.arch, able))
    if chosen.pretrained and not has_weights(chosen.arch):
        able = families(a for a in ARCHITECTURES.values() if a.top1 is not None)
        raise UsageError(recipe_text.no_pretrained(chosen.arch, able))
    if chosen.pretrained and chosen.size != "auto" and chosen.size <= LARGEST_SMALL_IMAGE:
        raise UsageError(text.pretrained_too_small(chosen.size))


def _checked(key: str, value: object) -> Any:
    finite = not isinstance(value, float) or math.isfinite(value)
    try:
        if finite:
            return msgspec.convert(value, _TYPES[key])
    except msgspec.ValidationError:
        pass
    raise UsageError(recipe_text.bad_value(key, value, allowed(_TYPES[key])))


def allowed(kind: Any) -> str:
    """What a field's type allows, in words: `a number above 0`, `sgd, adam or adamw`."""
    if get_origin(kind) is Literal:
        return text.choices(str(value) for value in get_args(kind))
    if get_origin(kind) is Annotated:
        base, meta = get_args(kind)
        if meta.pattern:
            return _PATTERNS[meta.pattern]
        return _NAMES[base] + _range(meta)
    if get_origin(kind) is tuple:
        return "a list, each " + allowed(get_args(kind)[0])
    if kind in _NAMES:
        return _NAMES[kind]
    return " or ".join(allowed(part) for part in get_args(kind))


_PATTERNS: Mapping[str, str] = {
    DevicePattern: "auto, cpu, cuda or cuda:N",
    SavePattern: "a time or a number of steps, as 30s, 10m, 2h or 500steps",
}
_NAMES: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
}


def _range(meta: Meta) -> str:
    """` from 0 to below 1`, ` above 0 and at most 1000`, ` of 0 or more`."""
    low = f" above {meta.gt}" if meta.gt is not None else f" from {meta.ge}"
    between = " and " if meta.gt is not None else " to "
    if meta.lt is not None:
        return f"{low}{between}below {meta.lt}"
    if meta.le is not None:
        return f"{low} and at most {meta.le}" if meta.gt is not None else f"{low} to {meta.le}"
    return low if meta.gt is not None else f" of {meta.ge} or more"


def parse_setting(setting: str) -> tuple[str, object]:
    """`lr=0.1` as a key and a TOML value; a bare word is a string.

    Raises UsageError where there is no `=`.
    """
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(recipe_text.not_a_setting(setting))
    try:
        parsed: object = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # no TOML: a bare word, or nonsense that is refused later
        parsed = value.strip()
    return key.strip().replace("-", "_"), parsed


def load(path: Path) -> dict[str, object]:
    """The fields of a recipe file, unchecked. Raises UsageError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(recipe_text.unreadable_recipe(path, text.reason(error))) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(recipe_text.unreadable_recipe(path, str(error))) from error


def to_toml(recipe: Recipe, resolved: Resolved | None = None) -> str:
    """The recipe as commented TOML, with a `[resolved]` table once a run has started."""
    lines = [_toml_line(key, getattr(recipe, key)) for key in FIELDS]
    if resolved is not None:
        lines += ["", "# What every auto became on this device.", "[resolved]"]
        lines += [f"{key} = {_toml(getattr(resolved, key))}" for key in Resolved.__struct_fields__]
    return "\n".join(lines) + "\n"


def _toml_line(key: str, value: object) -> str:
    line = f"{key} = {_toml(value)}"
    return f"{line:<32}  # {COMMENTS[key]}" if key in COMMENTS else line


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # A JSON scalar is a TOML scalar, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(value: object) -> str:
    """A value as `--set KEY=` takes it."""
    return value if isinstance(value, str) else _toml(value)


def difference(recipe: Recipe, keys: Sequence[str] = FIELDS) -> dict[str, object]:
    """Those of the fields in which a recipe differs from its preset."""
    plain = build(flags={"arch": recipe.arch, "data": recipe.data, "preset": recipe.preset})
    return {
        key: getattr(recipe, key) for key in keys if getattr(recipe, key) != getattr(plain, key)
    }
