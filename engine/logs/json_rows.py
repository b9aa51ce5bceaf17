"""The rows of JSON: an object each, whose nested names are joined by dots."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from engine.logs import logs_text
from engine.logs.cell_values import cell_number
from engine.logs.damaged_line import DamagedLineError
from engine.logs.row_splits import KEYS, with_split

_UNREADABLE = (ValueError, RecursionError)
_decoder = msgspec.json.Decoder()


def decode(text: bytes) -> Any:
    """The value of a JSON text, which may hold NaN and Infinity. Raises DamagedLineError."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return json.loads(text)
    except _UNREADABLE as error:
        raise DamagedLineError(logs_text.not_json(str(error))) from None


def numbers(found: Any) -> dict[str, float]:
    """The numbers of an object by their names. Raises DamagedLineError if it is none."""
    if not isinstance(found, dict):
        raise DamagedLineError(logs_text.NO_OBJECT)
    values: dict[str, float] = {}
    _collect("", found, values)
    for key in KEYS & found.keys():
        if isinstance(found[key], str):
            values = with_split(found[key], values)
    return values


def _collect(prefix: str, found: dict[str, Any], values: dict[str, float]) -> None:
    """Objects in objects are as deep as the decoder allows, which is not deep."""
    for name, value in found.items():
        if isinstance(value, dict):
            _collect(f"{prefix}{name}.", value, values)
        elif isinstance(value, str):
            number = cell_number(value)
            if number is not None:
                values[prefix + name] = number
        elif isinstance(value, int | float) and not isinstance(value, bool):
            values[prefix + name] = _float(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return float("inf")


def history(found: Any) -> list[Any] | None:
    """The rows in a whole JSON text; None if it holds no list of objects.

    It is the list itself, or the longest list of objects in an object: `log_history` of the
    `trainer_state.json` of Transformers.
    """
    lists = [found] if isinstance(found, list) else []
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
    rows = [rows for rows in lists if rows and all(isinstance(row, dict) for row in rows)]
    return max(rows, key=len, default=None)
