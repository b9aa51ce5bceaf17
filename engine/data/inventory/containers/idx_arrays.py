"""Arrays in files of MNIST's format (IDX), gzipped or not, under any name.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998. Also EMNIST
(G. Cohen et al., arXiv:1702.05373), Kuzushiji-MNIST (T. Clanuwat et al., arXiv:1812.01718) and
QMNIST (C. Yadav and L. Bottou, arXiv:1905.10498).
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.found_array import FoundArray, Place
from engine.data.inventory.kept_copies import copy_bounded, kept_copy
from engine.data.stored import stored_text
from engine.errors import DataError

TYPES: Mapping[int, str] = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_AXES = 8
ZIPPED = ".gz"
# QMNIST has eight numbers for each image, of which the first is the class.
QMNIST_LABELS = np.dtype([("class", ">i4"), ("rest", ">i4", (7,))])


def array_name(file: str) -> str:
    """The name of the array in a file: without the suffix of its packing."""
    return file[: -len(ZIPPED)] if file.lower().endswith(ZIPPED) else file


def read_idx(path: Path) -> list[FoundArray]:
    """The array of an IDX file. Raises DataError where it is damaged."""
    name, zipped = array_name(path.name), path.suffix.lower() == ZIPPED
    try:
        with regular_files.open_to_read(path) as opened:
            stream: Any = gzip.GzipFile(fileobj=opened) if zipped else opened
            dtype, shape, start = _header(stream)
            size = os.fstat(opened.fileno()).st_size
    except (OSError, EOFError, zlib.error, ValueError, struct.error) as error:
        raise DataError(inventory_text.damaged(path, text.error_summary(error))) from error
    needed = start + math.prod(shape) * dtype.itemsize
    if not zipped and size != needed:
        raise DataError(inventory_text.damaged(path, stored_text.FILE_CUT_OFF))
    place = partial(_unpacked if zipped else _in_place, path, start, needed)
    if dtype == np.dtype(">i4") and shape[1:] == (8,):
        return [FoundArray(name, path, QMNIST_LABELS, shape[:1], place, field="class")]
    return [FoundArray(name, path, dtype, shape, place)]


def _header(stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """The type and the shape of the values, and where they begin."""
    zero, kind, axes = struct.unpack(">HBB", stream.read(4))
    if zero or kind not in TYPES or not 0 < axes <= MOST_AXES:
        raise ValueError(container_text.OTHER_FORMAT)
    return np.dtype(TYPES[kind]), struct.unpack(f">{axes}I", stream.read(4 * axes)), 4 + 4 * axes


def _in_place(path: Path, start: int, _: int) -> Place:
    return path, start


def _unpacked(path: Path, start: int, needed: int) -> Place:
    def write(copy: Path) -> None:
        try:
            with regular_files.open_to_read(path) as opened, gzip.GzipFile(fileobj=opened) as whole:
                copy_bounded(whole, copy / "values", needed)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(inventory_text.damaged(path, str(error))) from error
        if os.stat(copy / "values").st_size != needed:
            raise DataError(inventory_text.damaged(path, stored_text.FILE_CUT_OFF))

    return kept_copy(path, "values", write) / "values", start
