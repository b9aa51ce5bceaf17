"""Unpacked copies of what cannot be read in place, kept in the user's cache folder.

An archive that is compressed as a whole, a compressed array and a table of text are unpacked once.
Later starts find the copy as long as the file keeps its size and its time of change.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

from engine import regular_files, text
from engine.catalog.user_folders import cache_folder
from engine.data.inventory import inventory_text
from engine.errors import DataError
from engine.run.file_lock import alone

# Raise it where another version of the program would read or write copies differently.
VERSION = 1
# What unpacking leaves free on the disk, and the most that it ever writes.
RESERVE_BYTES, MOST_BYTES = 500_000_000, 2_000_000_000_000
CHUNK = 1 << 20
# What is smaller is unpacked in a second or two, already when it is only checked.
QUICK_BYTES = 200_000_000


def folder() -> Path:
    """The folder of all copies."""
    return cache_folder() / "unpacked"


def kept_bytes() -> int:
    """How many bytes all copies have."""
    sizes = []
    for file in folder().glob("*-*/*"):
        with contextlib.suppress(OSError):  # another process removes it
            sizes.append(os.stat(file).st_size)
    return sum(sizes)


def is_quickly_unpacked(place: Path) -> bool:
    """Whether a file, or all files in a folder, are small. Raises OSError."""
    files = [place] if place.is_file() else [each for each in place.iterdir() if each.is_file()]
    return sum(os.stat(file).st_size for file in files) <= QUICK_BYTES


def kept_copy(file: Path, part: str, write: Callable[[Path], None]) -> Path:
    """The folder with the copy of a part of a file; `write` fills it where there is none yet.

    Of two starts at once, one waits for the other. Raises DataError where the copy cannot be
    written, and what `write` raises.
    """
    try:
        copy = folder() / f"{_digest(f'{os.path.abspath(file)} {part}')}-{_version(file)}"
        if copy.is_dir():
            return copy
        folder().mkdir(parents=True, exist_ok=True)
        with _alone(copy):
            if not copy.is_dir():
                _remove_others(copy)
                _write_whole(copy, write)
    except OSError as error:
        why = text.reason(error)
        raise DataError(inventory_text.cannot_unpack(file, folder(), why)) from error
    return copy


# Who is told the fraction that is written of a copy, in this thread.
_told: ContextVar[Callable[[float], None]] = ContextVar("_told", default=lambda _: None)


@contextmanager
def progress_told(tell: Callable[[float], None]) -> Iterator[None]:
    """Tell the fraction that is written of each copy that is made meanwhile in this thread."""
    token = _told.set(tell)
    try:
        yield
    finally:
        _told.reset(token)


def tell_progress(fraction: float) -> None:
    """Called by who writes a copy."""
    _told.get()(fraction)


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


def copy_bounded(
    source: Stream,
    target: Path,
    size: int | None = None,
    read: Callable[[], float] | None = None,
) -> None:
    """Write all bytes of a stream, or little more than `size`, so that nothing endless is unpacked.

    `read` says which fraction of the source was read, where no size tells it. Raises DataError
    where that is more than the bound or the free disk allow, and OSError.
    """
    room = _room(target.parent)
    written = 0
    with open(target, "xb") as file:
        while (size is None or written <= size) and (piece := source.read(CHUNK)):
            written += len(piece)
            if written > room:
                raise DataError(inventory_text.no_room_to_unpack(folder(), room))
            file.write(piece)
            tell_progress(read() if read else written / size if size else 0.0)


def _room(place: Path) -> int:
    """How many bytes may be written there."""
    return min(MOST_BYTES, max(0, shutil.disk_usage(place).free - RESERVE_BYTES))


def check_room(needed: int) -> None:
    """Raise DataError where the disk lacks room for so many bytes."""
    folder().mkdir(parents=True, exist_ok=True)
    if needed > (room := _room(folder())):
        raise DataError(inventory_text.no_room_to_unpack(folder(), room))


def _digest(path: str) -> str:
    return hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()


def _version(file: Path) -> str:
    found = os.stat(file)
    return _digest(f"{VERSION} {found.st_size} {found.st_mtime_ns}")


def _alone(copy: Path) -> AbstractContextManager[None]:
    """Wait until no other process writes a copy of the same file."""
    lock = folder() / f".{copy.name.partition('-')[0]}.lock"
    return alone(regular_files.open_descriptor(lock, os.O_RDWR | os.O_CREAT))


def _remove_others(copy: Path) -> None:
    """Remove copies of older versions of the file, and what a killed process left."""
    name = copy.name.partition("-")[0]
    for pattern in (f"{name}-*", f".{name}-*"):
        for other in folder().glob(pattern):
            shutil.rmtree(other, ignore_errors=True)


def _write_whole(copy: Path, write: Callable[[Path], None]) -> None:
    temporary = copy.with_name(f".{copy.name}.{secrets.token_hex(4)}")
    temporary.mkdir(mode=0o700)
    try:
        write(temporary)
        for file in temporary.iterdir():
            _sync(file)
        _rename(temporary, copy)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename(temporary: Path, copy: Path) -> None:
    try:
        os.rename(temporary, copy)
    except OSError:
        if not copy.is_dir():  # on a file system without locks, another process was first
            raise


def _sync(file: Path) -> None:
    """Write it to the disk, so that no copy is cut off after a power cut."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
