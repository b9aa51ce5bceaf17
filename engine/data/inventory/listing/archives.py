"""Recognises archives by their first bytes, and lists what lies in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.kept_copies import copy_bounded, kept_copy
from engine.data.inventory.listing import listing_text
from engine.data.inventory.listing.archive_listing import ArchiveListing
from engine.data.inventory.listing.tar_listing import list_tar
from engine.data.inventory.listing.zip_listing import list_zip
from engine.data.stored import opened_files
from engine.errors import DataError

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
# The magic of a tar, and its place in the first block.
TAR, TAR_AT, BLOCK = b"ustar", 257, tarfile.BLOCKSIZE
TAR_NAME = "archive.tar"
# What unpacks a file that begins so, and what a user types to unpack those that nothing does.
UNPACKED: Mapping[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
COMMANDS: Mapping[bytes, str] = {
    b"\x28\xb5\x2f\xfd": "zstd -d",
    b"7z\xbc\xaf\x27\x1c": "7z x",
    b"Rar!": "unrar x",
}
DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


def is_archive(path: Path) -> bool:
    """Whether a file is an archive whose members can be listed.

    Raises DataError for one that must be unpacked by hand, or cannot be read.
    """
    first = first_bytes(path)
    if command := _starting(COMMANDS, first):
        raise DataError(listing_text.unpack_first(path, command))
    return (
        _is_zip(path, first) or _is_tar(path, first) or _is_tar(path, _first_unpacked(path, first))
    )


def listing_of_archive(path: Path) -> ArchiveListing:
    """What lies in an archive; a tar that is compressed as a whole is unpacked once.

    Raises DataError where it is damaged, encrypted or larger than the bounds.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        raise DataError(inventory_text.damaged(path, text.reason(error))) from error
    return _listing(path, found.st_size, found.st_mtime_ns)


@lru_cache(4)
def _listing(path: Path, _size: int, _changed: int) -> ArchiveListing:
    """The listing of an archive of this size, last changed at this time."""
    opened_files.forget()
    first = first_bytes(path)
    if _is_zip(path, first):
        return list_zip(path)
    if _is_tar(path, first):
        return list_tar(path, path)
    copy = kept_copy(path, TAR_NAME, partial(_unpack, path, first)) / TAR_NAME
    listing = list_tar(copy, path)
    listing.remarks.append(inventory_text.unpacked_once(path, os.stat(copy).st_size, copy))
    return listing


def must_be_unpacked(path: Path) -> bool:
    """Whether this is an archive that is compressed as a whole. Raises as `is_archive`."""
    if not path.is_file() or not is_archive(path):
        return False
    return _starting(UNPACKED, first_bytes(path)) is not None


def first_bytes(path: Path) -> bytes:
    """The first block of a file. Raises DataError where it cannot be read."""
    try:
        with regular_files.open_to_read(path) as file:
            return file.read(BLOCK)
    except OSError as error:
        raise DataError(inventory_text.damaged(path, text.reason(error))) from error


def _first_unpacked(path: Path, first: bytes) -> bytes:
    """The first block of what a compressed file holds; nothing where it is not compressed."""
    unpacked = _starting(UNPACKED, first)
    if unpacked is None:
        return b""
    try:
        with regular_files.open_to_read(path) as file, unpacked(file) as stream:
            return bytes(stream.read(BLOCK))
    except DAMAGE as error:
        raise DataError(inventory_text.damaged(path, text.error_summary(error))) from error


def _is_zip(path: Path, first: bytes) -> bool:
    """Whether a file is a zip archive; one that unpacks itself is known by its end."""
    return first.startswith(ZIP_STARTS) or zipfile.is_zipfile(path)


def _is_tar(path: Path, block: bytes) -> bool:
    """Whether a block begins a tar; one of before 1988 says it only by its name."""
    old = len(block) == BLOCK and ".tar" in path.suffixes
    return block[TAR_AT : TAR_AT + len(TAR)] == TAR or (old and _has_checksum(block))


def _has_checksum(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _unpack(path: Path, first: bytes, copy: Path) -> None:
    unpacked = _starting(UNPACKED, first)
    assert unpacked is not None
    try:
        with regular_files.open_to_read(path) as file, unpacked(file) as stream:
            size = os.fstat(file.fileno()).st_size
            copy_bounded(stream, copy / TAR_NAME, read=lambda: file.tell() / size)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise DataError(inventory_text.damaged(path, text.error_summary(error))) from error


def _starting(kinds: Mapping[bytes, Any], first: bytes) -> Any:
    """The value of the key with which a file begins, or None."""
    return next((kinds[key] for key in kinds if first.startswith(key)), None)
