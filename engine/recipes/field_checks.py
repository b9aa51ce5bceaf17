"""Checks the value of a recipe field, and says in words which values the field allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from engine import text
from engine.errors import UsageError
from engine.recipes import recipe_text
from engine.recipes.recipe import (
    DEVICE_PATTERN,
    LABELS_PATTERN,
    NORMALISE_PATTERN,
    SAVE_PATTERN,
    Recipe,
)

_TYPES: Mapping[str, Any] = get_type_hints(Recipe, include_extras=True)
_PATTERNS: Mapping[str, str] = {
    DEVICE_PATTERN: "auto, cpu, cuda or cuda:N",
    LABELS_PATTERN: "auto, prefix or column:NAME",
    NORMALISE_PATTERN: "auto, data, imagenet or MEAN/STD, as 0.5,0.5,0.5/0.2,0.2,0.2",
    SAVE_PATTERN: "a time or a number of steps, such as 30s, 10m, 2h or 500steps",
}
_NAMES: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
}


def checked(key: str, value: object) -> Any:
    """The value, converted to the field's type. Raises UsageError if the field refuses it."""
    finite = not isinstance(value, float) or math.isfinite(value)
    try:
        if finite:
            return msgspec.convert(value, _TYPES[key])
    except msgspec.ValidationError:
        pass
    # A number in quotes looks like one without.
    shown = f'"{value}"' if isinstance(value, str) and value[:1].isdecimal() else value
    raise UsageError(recipe_text.bad_value(key, shown, allowed_values(_TYPES[key])))


def allowed_values(kind: Any) -> str:
    """The values that a type allows, in words: `a number above 0`, `sgd, adam or adamw`."""
    if get_origin(kind) is Literal:
        return text.choices(str(value) for value in get_args(kind))
    if get_origin(kind) is Annotated:
        base, meta = get_args(kind)
        if meta.description:
            return str(meta.description)
        if meta.pattern:
            return _PATTERNS[meta.pattern]
        if meta.min_length:
            return f"{_NAMES[base]} that is not empty"
        return _NAMES[base] + _range(meta)
    if get_origin(kind) is tuple:
        of, *more = get_args(kind)
        length = "" if more == [...] else f" of {1 + len(more)}"
        return f"a list{length}, each {allowed_values(of)}"
    if kind in _NAMES:
        return _NAMES[kind]
    return " or ".join(allowed_values(part) for part in get_args(kind))


def _range(meta: Meta) -> str:
    """The bounds in words: ` from 0 to below 1`, ` above 0 and at most 1000`, ` of 0 or more`."""
    low = f" above {meta.gt}" if meta.gt is not None else f" from {meta.ge}"
    between = " and " if meta.gt is not None else " to "
    if meta.lt is not None:
        return f"{low}{between}below {meta.lt}"
    if meta.le is not None:
        return f"{low} and at most {meta.le}" if meta.gt is not None else f"{low} to {meta.le}"
    return low if meta.gt is not None else f" of {meta.ge} or more"
