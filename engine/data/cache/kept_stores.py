"""The stores of a folder: listed, and removed, the one that was used longest ago first."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from engine import regular_files
from engine.catalog.user_folders import cache_folder
from engine.data.cache import slot_records, store_header
from engine.data.cache.store_header import VERSION, Header, header_of
from engine.data.cache.store_layout import BLOCK, HEAD_BYTES, INDEX, LOCK
from engine.run.file_lock import alone, flock

# A store is named after a digest. Another name is that of one which is made or removed just now.
NAME, PASSING = re.compile(r"[0-9a-f]{32}"), re.compile(r"\.(new|gone)-[0-9a-f]{8}")
ROOT_LOCK = "lock"
# All stores of a folder take at most this, and this share of what would be free without them.
MOST_BYTES, FREE_SHARE = 20_000_000_000, 0.1


class FoundStore(NamedTuple):
    """A store, its bytes on the disk, and when it was used last, in unix seconds.

    A run uses it now where it is `live`.
    """

    path: Path
    header: Header
    bytes: int
    used: float
    live: bool


class KeptStore(msgspec.Struct, frozen=True):
    """A store: the data set, how many of its images are there, bytes on the disk, time of use.

    `used` is in unix seconds. A run uses it now where it is `live`. No run will use it again where
    it is not `current`: another version of the program made it.
    """

    path: str
    data: str
    form: str
    there: int
    images: int
    bytes: int
    used: float
    live: bool
    current: bool

    @property
    def complete(self) -> bool:
        return self.current and self.there == self.images


def default_folder() -> Path:
    return cache_folder() / "images"


def found(folder: Path) -> list[FoundStore]:
    """All stores of a folder, the one that was used longest ago first."""
    with contextlib.suppress(OSError):
        named = [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
        listed = [(path, header) for path in named if (header := header_of(path)) is not None]
        stores = [
            FoundStore(path, header, disk_bytes(path), _used(path), is_live(path))
            for path, header in listed
        ]
        return sorted(stores, key=lambda store: (store.used, store.path))
    return []


def stores(folder: Path) -> list[KeptStore]:
    """The same with what their indices say."""
    return [described(store) for store in found(folder)]


def described(store: FoundStore) -> KeptStore:
    """A store with what its index says, which takes time to read."""
    header = store.header
    return KeptStore(
        str(store.path),
        header.data,
        header.form,
        count(store.path),
        header.images,
        store.bytes,
        store.used,
        store.live,
        header.version == VERSION,
    )


def count(store: Path) -> int:
    """How many slots of a store hold an image."""
    return int(there(store).sum())


def there(store: Path) -> npt.NDArray[np.bool_]:
    """Which slots of a store hold an image; as many as its index has, none where there is none."""
    try:
        content = regular_files.read_bytes(store / INDEX)[HEAD_BYTES:]
    except OSError:
        return np.zeros(0, np.bool_)
    whole = len(content) // slot_records.RECORD_BYTES * slot_records.RECORD_BYTES
    records = np.frombuffer(content[:whole], np.uint32).reshape(-1, slot_records.WORDS)
    return slot_records.written(records)


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
    """Remove a store. Who uses it goes on with the files that it has open. Raises OSError.

    It gets another name first, so that nobody finds a part of it.
    """
    gone = store.with_name(f".gone-{secrets.token_hex(4)}")
    os.rename(store, gone)
    store_header.delete(gone)


def locked(folder: Path) -> AbstractContextManager[None]:
    """Wait until no other process makes or removes a store of this folder. Raises OSError."""
    return alone(regular_files.open_descriptor(folder / ROOT_LOCK, os.O_RDWR | os.O_CREAT))


class Cleared(NamedTuple):
    """How many bytes were freed, and the stores that live runs use, which stay."""

    freed: int
    kept: list[KeptStore]


def clear(folder: Path) -> Cleared:
    """Remove all stores of a folder but those that processes hold. Raises OSError."""
    if not folder.is_dir() or not any(map(_is_named, folder.iterdir())):
        return Cleared(0, [])
    freed, kept = 0, list[KeptStore]()
    with locked(folder):
        sweep(folder)
        for store in found(folder):
            if store.live:
                kept.append(described(store))
            else:
                remove(store.path)
                freed += store.bytes
    return Cleared(freed, kept)


def most_bytes(folder: Path, taken: int) -> int:
    """What all stores of a folder may take together; they take this much now. Raises OSError."""
    return int(min(MOST_BYTES, FREE_SHARE * (shutil.disk_usage(folder).free + taken)))


def sweep(folder: Path) -> None:
    """Remove what killed processes left half made or half removed."""
    for path in folder.iterdir():
        if PASSING.fullmatch(path.name):
            with contextlib.suppress(OSError):
                if header_of(path) is None:
                    path.rmdir()  # the system refuses it where anything is there
                else:
                    store_header.delete(path)


def disk_bytes(path: Path) -> int:
    """What a file, or the files of a folder, take on the disk."""
    total = 0
    with contextlib.suppress(OSError):
        for each in path.iterdir() if path.is_dir() else [path]:
            total += os.lstat(each).st_blocks * BLOCK
    return total


def _used(store: Path) -> float:
    with contextlib.suppress(OSError):
        return os.lstat(store / LOCK).st_mtime
    return 0.0


def _is_named(path: Path) -> bool:
    return bool(NAME.fullmatch(path.name) or PASSING.fullmatch(path.name))
