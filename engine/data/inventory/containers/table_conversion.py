"""Converts a table of pixels to arrays, block by block, so that any size fits into memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy_format

from engine import regular_files
from engine.data.inventory import inventory_text
from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.table_form import TableForm, fields
from engine.data.inventory.kept_copies import check_room, tell_progress
from engine.data.stored.array_row import WHITE
from engine.errors import DataError

PIXELS, LABELS, USAGE = "pixels.npy", "labels.npy", "usage.npy"
BLOCK = 8_000_000


class _Rows(NamedTuple):
    """Rows of a table: their pixels as text, and the words of two other columns."""

    pixels: list[bytes]
    labels: list[bytes]
    usage: list[bytes]


def convert(path: Path, form: TableForm, copy: Path) -> None:
    """Write the columns of a table as arrays into the folder `copy`.

    Raises DataError for a row that has other columns, or values that are no pixels, and OSError.
    """
    count = sum(len(lines) for lines in _blocks(path, form))
    check_room(count * form.pixels)
    shape = (count, form.pixels)
    target = npy_format.open_memmap(copy / PIXELS, mode="w+", dtype=np.uint8, shape=shape)
    labels: list[bytes] = []
    usage: list[bytes] = []
    done = 0
    for lines in _blocks(path, form):
        rows = _taken_apart(path, form, lines, done)
        target[done : done + len(lines)] = _pixels(path, form, rows.pixels, done)
        done += len(lines)
        labels += rows.labels
        usage += rows.usage
        tell_progress(done / count)
    target.flush()
    if form.label is not None:
        np.save(copy / LABELS, typed(labels), allow_pickle=False)
    if form.usage is not None:
        np.save(copy / USAGE, np.char.decode(usage, "utf-8", "replace"), allow_pickle=False)


def _blocks(path: Path, form: TableForm) -> Iterator[list[bytes]]:
    """The lines of a file that are not empty, without a header, some megabytes at a time."""
    with regular_files.open_to_read(path) as file:
        if form.header:
            file.readline()
        while block := file.read(BLOCK) + file.readline():
            lines = block.removeprefix(b"\xef\xbb\xbf").splitlines()
            if shown := [line for line in lines if line.strip()]:
                yield shown


def _taken_apart(path: Path, form: TableForm, lines: list[bytes], before: int) -> _Rows:
    """The columns of lines that have so many rows before them."""
    rows = _Rows([], [], [])
    for number, line in enumerate(lines, before + 1):
        line = line.replace(b'"', b"")
        if line.count(form.delimiter) != form.columns - 1:
            raise DataError(container_text.other_columns(path, number, form.columns))
        if form.packed is None:
            pixels, label = _without(line, form)
        else:
            values = fields(line, form.delimiter)
            pixels = values[form.packed]
            label = b"" if form.label is None else values[form.label]
            rows.usage.extend([] if form.usage is None else [values[form.usage]])
            if pixels.count(b" ") != form.pixels - 1:
                raise DataError(container_text.other_pixels(path, number, form.pixels))
        if form.label is not None and not label:
            raise DataError(container_text.row_without_label(path, number))
        rows.pixels.append(pixels)
        rows.labels.append(label)
    return rows


def _without(line: bytes, form: TableForm) -> tuple[bytes, bytes]:
    """A line without its label, and the label."""
    if form.label is None:
        return line, b""
    *before, label = line.split(form.delimiter, form.label + 1)[: form.label + 1]
    after = line.split(form.delimiter, form.label + 1)[form.label + 1 :]
    return form.delimiter.join(before + after), label.strip()


def _pixels(path: Path, form: TableForm, rows: list[bytes], before: int) -> npt.NDArray[np.uint8]:
    """The pixels of rows (N, pixels). Raises DataError for values that are not 0, 1, … 255."""
    separator = form.delimiter if form.packed is None else b" "
    values = _numbers(rows, separator)
    wrong = values is None or len(values) != len(rows) * form.pixels
    if values is None or wrong or values.min() < 0 or values.max() > WHITE:
        for number, row in enumerate(rows, before + 1):
            _check_row(path, form, number, _numbers([row], separator))
        raise DataError(inventory_text.damaged(path, container_text.OTHER_FORMAT))
    return values.reshape(-1, form.pixels).astype(np.uint8)


def _check_row(
    path: Path, form: TableForm, number: int, values: npt.NDArray[np.int64] | None
) -> None:
    """Raise DataError where this row is the one that is wrong."""
    if values is None or len(values) != form.pixels or values.min() < 0 or values.max() > WHITE:
        raise DataError(container_text.no_pixel_row(path, number))


def _numbers(rows: list[bytes], separator: bytes) -> npt.NDArray[np.int64] | None:
    """The whole numbers in rows of text, or None where something else stands there."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy 2.0 warns where later versions raise
        try:
            return np.fromstring(separator.join(rows), np.int64, sep=separator.decode())
        except (ValueError, DeprecationWarning):
            return None


def typed(words: list[bytes]) -> npt.NDArray[np.int64] | npt.NDArray[np.str_]:
    """Labels as whole numbers where all are, else as words."""
    try:
        numbers = np.array(words).astype(np.float64)
        if len(words) and (numbers == numbers.astype(np.int64)).all():
            return numbers.astype(np.int64)
    except ValueError:
        pass
    return np.char.decode(words, "utf-8", "backslashreplace")
