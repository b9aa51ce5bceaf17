"""What one record says: its scalars, and the hyper-parameters of the training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from engine.logs.event_message import Message, event_class, hparams_class, unreadable
from engine.recipes.watched_recipe import Setting

SESSION_START = 1
HPARAMS = b"hparams"
# A tag's plugin is told in its first record alone. These hold no numbers over steps.
WITHOUT_SCALARS = (b"hparams", b"images", b"audio", b"histograms", b"text", b"pr_curves", b"mesh")
# How TensorFlow numbers the types of a tensor; brain floats are told apart.
_DTYPES: Mapping[int, str] = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
_HALF, _BRAIN_FLOAT = 19, 14
_NUMBERS = (
    "float_val",
    "double_val",
    "int_val",
    "int64_val",
    "bool_val",
    "uint32_val",
    "uint64_val",
)


class Content(NamedTuple):
    """The content of one record. `restarts` says that steps from this one on are void."""

    step: int
    time: float
    scalars: tuple[tuple[str, float], ...]
    settings: Mapping[str, Setting]
    restarts: bool = False


def content(data: bytes) -> Content | None:
    """The content of a record; None for bytes that are no event."""
    try:
        event = event_class().FromString(data)
    except unreadable():
        return None
    values = event.summary.value
    scalars = tuple(
        (value.tag.decode(errors="replace"), number)
        for value in values
        if (number := scalar(value)) is not None
    )
    restarts = event.HasField("session_log") and event.session_log.status == SESSION_START
    return Content(event.step, event.wall_time, scalars, _settings(values), restarts)


def scalar(value: Message) -> float | None:
    """The number of a value of a summary; None if it is no scalar."""
    kind = value.WhichOneof("one_of")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind is None or value.metadata.plugin_data.plugin_name in WITHOUT_SCALARS:
        return None
    return _number(value.tensor)


def _number(tensor: Message) -> float | None:
    """The number of a tensor with one element; None for any other."""
    if math.prod(dim.size for dim in tensor.shape.dim) != 1:
        return None
    if packed := tensor.tensor_content:
        return _unpacked(tensor.dtype, packed)
    if tensor.half_val:  # also of brain floats: the 16 bits as an integer
        return _unpacked(tensor.dtype, int(tensor.half_val[0] & 0xFFFF).to_bytes(2, "little"))
    for name in _NUMBERS:
        if found := getattr(tensor, name):
            return float(found[0])
    # A writer may leave out what is zero.
    return 0.0 if tensor.dtype in _DTYPES or tensor.dtype == _BRAIN_FLOAT else None


def _unpacked(dtype: int, packed: bytes) -> float | None:
    if dtype == _BRAIN_FLOAT and len(packed) == 2:  # the upper half of a float
        dtype, packed = 1, b"\0\0" + packed
    known: DTypeLike | None = _DTYPES.get(dtype)
    if known is None or len(packed) != np.dtype(known).itemsize:
        return None
    return float(np.frombuffer(packed, known)[0])


def _settings(values: Iterator[Message]) -> dict[str, Setting]:
    """The hyper-parameters that the plugin keeps in the metadata of a value without a number."""
    found: dict[str, Setting] = {}
    for value in values:
        plugin = value.metadata.plugin_data
        if plugin.plugin_name == HPARAMS:
            try:
                told = hparams_class().FromString(plugin.content)
            except unreadable():
                continue
            for each in told.session_start.hparams:
                found[each.key.decode(errors="replace")] = _setting(each.value)
    return found


def _setting(value: Message) -> Setting:
    match value.WhichOneof("one_of"):
        case "number":
            return float(value.number)
        case "text":
            return str(value.text.decode(errors="replace"))
        case "truth":
            return bool(value.truth)
    return None
