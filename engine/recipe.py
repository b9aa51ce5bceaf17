"""A recipe: all that defines a run, as one flat record that is written and read as TOML.

A recipe is made of layers, later ones win: the preset, a TOML file, that file's `[resolved]`
table, `--set` and the flags. `build` puts them together and checks every field.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from engine import catalog, text
from engine.errors import UsageError

Auto: TypeAlias = Literal["auto"]
Fraction: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
NotNegative: TypeAlias = Annotated[float, Meta(ge=0)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]

DevicePattern = r"^(auto|cpu|cuda(:[0-9]{1,3})?)$"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """All that defines a run; times are in epochs, and epochs count from 1."""

    arch: str = "lenet5"
    data: str = "digits"
    data_dir: str = ""
    size: Auto | Annotated[int, Meta(ge=8, le=1024)] = "auto"
    preset: str = "quick"

    epochs: Count = 30
    batch: Annotated[int, Meta(ge=1, le=65_536)] = 128
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0

    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: Annotated[float, Meta(gt=0, le=1000)] = 0.1
    momentum: Fraction = 0.9
    nesterov: bool = True
    beta2: Fraction = 0.999
    eps: Positive = 1e-8
    weight_decay: NotNegative = 5e-4

    schedule: Literal["constant", "step", "cosine", "onecycle"] = "onecycle"
    warmup: NotNegative = 0.0
    milestones: tuple[Count, ...] = ()
    gamma: Annotated[float, Meta(gt=0, le=1)] = 0.1
    plateau: bool = False
    plateau_factor: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    plateau_patience: Annotated[int, Meta(ge=0, le=1_000_000)] = 5
    lr_floor: NotNegative = 0.0

    crop: Annotated[int, Meta(ge=0, le=64)] = 0
    flip: bool = False
    rotate: Annotated[float, Meta(ge=0, le=180)] = 0.0
    shift: Annotated[float, Meta(ge=0, le=0.5)] = 0.0

    device: Annotated[str, Meta(pattern=DevicePattern)] = "auto"
    precision: Literal["auto", "float32", "bf16"] = "auto"
    memory_format: Literal["auto", "contiguous", "channels-last"] = "auto"
    threads: Auto | Annotated[int, Meta(ge=1, le=1024)] = "auto"


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What every `auto` became when the run first started; a resume obeys it."""

    device: Literal["cpu", "cuda"]
    precision: Literal["float32", "bf16"]
    memory_format: Literal["contiguous", "channels-last"]
    threads: int
    size: int


COMMENTS: Mapping[str, str] = {
    "arch": "architecture, see `cnn-tui models`",
    "data": "data set, see `cnn-tui datasets`, or the path of a folder of images",
    "data_dir": "where to look for data sets first",
    "size": "height and width in pixels that images are brought to",
    "preset": "the preset that the fields were taken from",
    "lr": "the highest learning rate of the schedule",
    "beta2": "adam, adamw",
    "momentum": "sgd; beta1 of adam, adamw",
    "schedule": "constant, step, cosine or onecycle",
    "warmup": "epochs of linear warm-up (step, cosine)",
    "milestones": "epochs from which the rate is multiplied by gamma (step)",
    "plateau": "multiply the rate by plateau_factor when validation loss stalls",
    "plateau_patience": "epochs without a lower validation loss that are borne",
    "crop": "random shift by up to so many pixels, edges repeated",
    "flip": "mirror half of the images",
    "rotate": "largest rotation in degrees",
    "shift": "largest shift as a share of the side",
    "device": "auto, cpu, cuda or cuda:N",
    "precision": "auto, float32 or bf16",
}

FIELDS: tuple[str, ...] = Recipe.__struct_fields__
_TYPES: Mapping[str, Any] = get_type_hints(Recipe, include_extras=True)

PRESETS: Mapping[str, str] = {
    "quick": "a good result in few minutes: SGD, one-cycle, light augmentation",
}


def preset(name: str, arch: str, data: str) -> dict[str, object]:
    """The fields that a preset sets for this architecture and data set.

    Raises UsageError for an unknown name.
    """
    if name != "quick":
        raise UsageError(text.unknown_preset(name, PRESETS))
    known = catalog.DATA.get(data)
    small = known is not None and known.train_images < 10_000
    fields: dict[str, object] = {"preset": name, "batch": 64 if small else 128}
    fields["lr"] = 0.05 if arch == "lenet5" else 0.1
    if known is not None and not known.mirrored:
        fields |= {"rotate": 10.0, "shift": 0.08, "epochs": 20}
    else:
        fields |= {"crop": 4, "flip": True, "epochs": 30}
    return fields


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
        resolved = file.get("resolved", {})
        said |= {key: value for key, value in file.items() if key != "resolved"}
        said |= resolved if isinstance(resolved, Mapping) else {}
    said |= {**(settings or {}), **(flags or {})}
    for key in said:
        if key not in FIELDS:
            raise UsageError(text.unknown_key(key, FIELDS))
    defaults = {name: Recipe().__getattribute__(name) for name in ("arch", "data", "preset")}
    arch, data, name = (str(said.get(key, defaults[key])) for key in ("arch", "data", "preset"))
    if arch not in catalog.ARCHITECTURES:
        raise UsageError(text.unknown_architecture(arch, catalog.ARCHITECTURES))
    values = preset(name, arch, data) | said
    return Recipe(**{key: _checked(key, value) for key, value in values.items()})


def _checked(key: str, value: object) -> Any:
    finite = not isinstance(value, float) or math.isfinite(value)
    try:
        if finite:
            return msgspec.convert(value, _TYPES[key])
    except msgspec.ValidationError:
        pass
    raise UsageError(text.bad_value(key, value, allowed(_TYPES[key])))


def allowed(kind: Any) -> str:
    """What a field's type allows, in words: `a number above 0`, `sgd, adam or adamw`."""
    if get_origin(kind) is Literal:
        return text.choices(str(value) for value in get_args(kind))
    if get_origin(kind) is Annotated:
        base, meta = get_args(kind)
        return _NAMES[base] + _range(meta) if not meta.pattern else "auto, cpu, cuda or cuda:N"
    if get_origin(kind) is tuple:
        return "a list, each " + allowed(get_args(kind)[0])
    if kind in _NAMES:
        return _NAMES[kind]
    return " or ".join(allowed(part) for part in get_args(kind))


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
        raise UsageError(text.not_a_setting(setting))
    try:
        parsed: object = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    return key.strip().replace("-", "_"), parsed


def load(path: Path) -> dict[str, object]:
    """The fields of a recipe file, unchecked. Raises UsageError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(text.unreadable_recipe(path, error.strerror or str(error))) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(text.unreadable_recipe(path, str(error))) from error


def to_toml(recipe: Recipe, resolved: Resolved | None = None) -> str:
    """The recipe as commented TOML, with a `[resolved]` table once a run has started."""
    lines = [_toml_line(key, getattr(recipe, key)) for key in FIELDS]
    if resolved is not None:
        lines += ["", "# What every auto became at the first start.", "[resolved]"]
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
