"""How a CSV file holds pixels: told by its first two lines."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from engine import regular_files
from engine.data.inventory.containers.pixel_rows import RowShape

DELIMITERS = (b",", b";", b"\t")
# The names of the columns that are no pixels, and of the one that holds all of them.
LABELS = (b"label", b"labels", b"class", b"target", b"emotion", b"y")
USAGE, PACKED = b"usage", b"pixels"
# Fewer columns are no image: a table of names and labels has fewer, too.
FEWEST_PIXELS = 25
# The first lines are no longer than this.
MOST_LINE_BYTES = 16_000_000
NUMBER = re.compile(rb"[+-]?\d+(\.\d*)?")


@dataclass(frozen=True)
class TableForm:
    """The columns of a table, by their indices; all others are pixels, or `packed` has them."""

    delimiter: bytes
    columns: int
    header: bool
    shape: RowShape
    label: int | None
    usage: int | None = None
    packed: int | None = None

    @property
    def pixels(self) -> int:
        return math.prod(self.shape.row)


def form_of(path: Path) -> TableForm | None:
    """The form of a file, or None where it holds no pixels. Raises OSError."""
    with regular_files.open_to_read(path) as file:
        first = file.readline(MOST_LINE_BYTES).removeprefix(b"\xef\xbb\xbf")
        second = file.readline(MOST_LINE_BYTES)
    delimiter = max(DELIMITERS, key=first.count)
    names = [name.lower() for name in fields(first, delimiter)]
    header = _is_header(names, fields(second, delimiter))
    values = fields(second, delimiter) if header else names
    if len(values) != len(names):
        return None
    return _packed(delimiter, names, values) or _wide(delimiter, names, values, header)


def fields(line: bytes, delimiter: bytes) -> list[bytes]:
    """The values in a line, without quotes; pixels and labels hold no delimiter."""
    return [field.strip().strip(b'"').strip() for field in line.split(delimiter)]


def _is_header(first: list[bytes], second: list[bytes]) -> bool:
    """Whether the first line has names: words, or numbers made different, as `0.1` and `0.2`."""
    words = any(not NUMBER.fullmatch(each) for each in first[1:])
    return words or (_has_points(first) and not _has_points(second))


def _has_points(values: list[bytes]) -> bool:
    return any(b"." in value for value in values)


def _packed(delimiter: bytes, names: list[bytes], values: list[bytes]) -> TableForm | None:
    if PACKED not in names:
        return None
    at = names.index(PACKED)
    shape = _shape(len(values[at].split()))
    usage = names.index(USAGE) if USAGE in names else None
    label = _label(names)
    return shape and TableForm(delimiter, len(names), True, shape, label, usage, at)


def _wide(
    delimiter: bytes, names: list[bytes], values: list[bytes], header: bool
) -> TableForm | None:
    columns = len(values)
    label = _label(names) if header else None
    if label is None and (alone := _shape(columns)):
        form = TableForm(delimiter, columns, header, alone, None)
    elif shape := _shape(columns - 1):
        form = TableForm(delimiter, columns, header, shape, label or 0)
    else:
        return None
    pixels = (value for at, value in enumerate(values) if at != form.label)
    return form if all(map(NUMBER.fullmatch, pixels)) else None


def _label(names: list[bytes]) -> int | None:
    return next((names.index(name) for name in LABELS if name in names), None)


def _shape(pixels: int) -> RowShape | None:
    """A square of one or of three colours, whose values stand together."""
    if pixels < FEWEST_PIXELS:
        return None
    side = math.isqrt(pixels)
    if side**2 == pixels:
        return RowShape((side, side), (0, 1))
    side = math.isqrt(pixels // 3)
    return RowShape((side, side, 3), (0, 1, 2)) if 3 * side**2 == pixels else None
