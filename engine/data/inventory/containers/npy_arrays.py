"""Arrays in `.npy` and `.npz` files, without unpickling anything.

What is stored plainly is read in place; what is compressed is unpacked once, see `kept_copies`. The
format is in NumPy's documentation of `numpy.lib.format`.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from numpy.lib import format as npy_format

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.found_array import FoundArray, Place
from engine.data.inventory.kept_copies import copy_bounded, kept_copy
from engine.data.stored import stored_text, zip_packing
from engine.errors import DataError

NPY, NPZ = ".npy", ".npz"
READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
# NumPy's name of the array of a file in which nobody named it.
UNNAMED = "arr_0"


def read_npy(path: Path) -> list[FoundArray]:
    """The array of a `.npy` file. Raises DataError where it is damaged or needs pickle."""
    with _damage_named(path), regular_files.open_to_read(path) as opened:
        found = _found(opened, path.stem, path, lambda start: (path, start))
        if os.fstat(opened.fileno()).st_size < opened.tell() + found.bytes:
            raise DataError(inventory_text.damaged(path, stored_text.FILE_CUT_OFF))
    return [found]


def read_npz(path: Path) -> list[FoundArray]:
    """The arrays of a `.npz` file. A single one that nobody named has the name of the file.

    Raises DataError as `read_npy`.
    """
    with _damage_named(path), zipfile.ZipFile(path) as archive:
        members = [each for each in archive.infolist() if each.filename.endswith(NPY)]
        alone = [each.filename for each in members] == [UNNAMED + NPY]
        return [
            _member(archive, each, path.stem if alone else each.filename.removesuffix(NPY), path)
            for each in members
        ]


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn what damaged files raise into DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(inventory_text.damaged(path, text.reason(error))) from error
    except (EOFError, ValueError, zipfile.BadZipFile, NotImplementedError, zlib.error) as error:
        why = text.error_summary(error)
        raise DataError(inventory_text.damaged(path, why)) from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, path: Path) -> FoundArray:
    if member.flag_bits & zip_packing.ENCRYPTED:
        raise DataError(inventory_text.encrypted(path))
    if member.compress_type == zipfile.ZIP_STORED:
        place = partial(_in_place, path, member.header_offset)
    else:
        place = partial(_unpacked, path, member.filename)
    with archive.open(member) as stream:
        found = _found(stream, name, path, place)
        start = stream.tell()
    if member.file_size < start + found.bytes:
        raise DataError(inventory_text.damaged(path, stored_text.FILE_CUT_OFF))
    return found


def _in_place(path: Path, header: int, start: int) -> Place:
    with _damage_named(path):
        return path, zip_packing.content_start(str(path), header) + start


def _unpacked(path: Path, member: str, start: int) -> Place:
    def write(copy: Path) -> None:
        with _damage_named(path), zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            copy_bounded(stream, copy / "array.npy", archive.getinfo(member).file_size)

    return kept_copy(path, member, write) / "array.npy", start


def _found(stream: IO[bytes], name: str, path: Path, place: Any) -> FoundArray:
    """The array with this header; `place` gets the place where its values start."""
    version = npy_format.read_magic(stream)
    if version not in READERS:
        raise ValueError(container_text.UNKNOWN_VERSION)
    shape, fortran, dtype = READERS[version](stream)
    if dtype.hasobject:
        raise DataError(container_text.needs_pickle(path, name))
    place = partial(place, stream.tell())
    return FoundArray(name, path, dtype, shape, place, "F" if fortran else "C")
