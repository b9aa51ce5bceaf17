"""The stores of a folder: listed, and removed, the one that was used longest ago first."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import stat
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from engine import regular_files
from engine.catalog.user_folders import cache_folder
from engine.data.cache import slot_records
from engine.data.cache.store_layout import BLOCK, HEAD_BYTES, HEADER, INDEX, LOCK
from engine.run.file_lock import alone, flock

# Raise it where another version of the program would decode or keep images differently.
VERSION = 1
# A store is named after a digest. Another name is that of one which is made or removed just now.
NAME, PASSING = re.compile(r"[0-9a-f]{32}"), re.compile(r"\.(new|gone)-[0-9a-f]{8}")
ROOT_LOCK = "lock"
# All stores of a folder take at most this, and this share of what would be free without them.
MOST_BYTES, FREE_SHARE = 20_000_000_000, 0.1


class Header(msgspec.Struct, frozen=True):
    """What a store says of itself: the data set, its images, their form, and the last boot."""

    version: int
    data: str
    images: int
    form: str
    boot: str


class KeptStore(msgspec.Struct, frozen=True):
    """A store: the data set, how many of its images are there, bytes on the disk, time of use.

    `data` is "" where the store cannot be read. `used` is in unix seconds. A run uses it now where
    it is `live`.
    """

    path: str
    data: str
    form: str
    there: int
    images: int
    bytes: int
    used: float
    live: bool

    @property
    def complete(self) -> bool:
        return bool(self.data) and self.there == self.images


def default_folder() -> Path:
    return cache_folder() / "images"


def is_own(path: Path) -> bool:
    """Whether this is a folder of this user, and no link. Raises OSError."""
    found = os.lstat(path)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def header_of(store: Path) -> Header | None:
    """What a store says; None for one of another user, of another version, or that is damaged."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        if is_own(store):
            content = regular_files.read_bytes(store / HEADER)
            header = msgspec.json.decode(content, type=Header)
            return header if header.version == VERSION else None
    return None


def stores(folder: Path) -> list[KeptStore]:
    """All stores of a folder, the one that was used longest ago first."""
    with contextlib.suppress(OSError):
        found = [_described(path) for path in folder.iterdir() if NAME.fullmatch(path.name)]
        return sorted(found, key=lambda store: (store.used, store.path))
    return []


def is_live(store: Path) -> bool:
    """Whether a process holds a store."""
    try:
        descriptor = regular_files.open_descriptor(store / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        return flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB) is False
    finally:
        os.close(descriptor)


def remove(store: Path) -> None:
    """Remove a store, or what has its name. Who uses it goes on with the files that it has open.

    It gets another name first, which is possible even where it belongs to another user. Raises
    OSError.
    """
    gone = store.with_name(f".gone-{secrets.token_hex(4)}")
    os.rename(store, gone)
    _delete(gone)


def locked(folder: Path) -> AbstractContextManager[None]:
    """Wait until no other process makes or removes a store of this folder. Raises OSError."""
    return alone(regular_files.open_descriptor(folder / ROOT_LOCK, os.O_RDWR | os.O_CREAT))


class Cleared(NamedTuple):
    """How many bytes were freed, and the stores that live runs use, which stay."""

    freed: int
    kept: list[KeptStore]


def clear(folder: Path) -> Cleared:
    """Remove all stores of a folder but those that processes hold. Raises OSError."""
    if not folder.is_dir():
        return Cleared(0, [])
    freed, kept = 0, list[KeptStore]()
    with locked(folder):
        sweep(folder)
        for store in stores(folder):
            if store.live:
                kept.append(store)
            else:
                remove(Path(store.path))
                freed += store.bytes
    return Cleared(freed, kept)


def most_bytes(folder: Path, taken: int) -> int:
    """What all stores of a folder may take together; they take this much now. Raises OSError."""
    return int(min(MOST_BYTES, FREE_SHARE * (shutil.disk_usage(folder).free + taken)))


def sweep(folder: Path) -> None:
    """Remove what killed processes left half made or half removed."""
    for path in folder.iterdir():
        if PASSING.fullmatch(path.name):
            _delete(path)


def disk_bytes(path: Path) -> int:
    """What a file, or the files of a folder, take on the disk."""
    total = 0
    with contextlib.suppress(OSError):
        for each in path.iterdir() if path.is_dir() else [path]:
            total += os.lstat(each).st_blocks * BLOCK
    return total


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink()


def _described(store: Path) -> KeptStore:
    header, used = header_of(store), 0.0
    with contextlib.suppress(OSError):
        used = os.lstat(store / LOCK).st_mtime
    taken = disk_bytes(store)
    if header is None:
        return KeptStore(str(store), "", "", 0, 0, taken, used, live=False)
    there = _count(store / INDEX)
    return KeptStore(
        str(store), header.data, header.form, there, header.images, taken, used, is_live(store)
    )


def _count(index: Path) -> int:
    """How many slots hold an image."""
    try:
        content = regular_files.read_bytes(index)[HEAD_BYTES:]
    except OSError:
        return 0
    whole = len(content) // slot_records.RECORD_BYTES * slot_records.RECORD_BYTES
    records = np.frombuffer(content[:whole], np.uint32).reshape(-1, slot_records.WORDS)
    return int(slot_records.written(records).sum())
