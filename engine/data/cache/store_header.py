"""What tells that a folder is a store. Nothing else is ever taken for one, or removed."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Annotated

import msgspec

from engine import regular_files
from engine.data.cache.store_layout import HEADER, INDEX, LOCK, PIXELS, STAMPS, TRIAL

# Raise it where another version of the program would decode or keep images differently.
VERSION = 2
# A header is written under a passing name first.
_OTHERS = re.compile(
    rf"{PIXELS}|{INDEX}|{STAMPS}|{LOCK}|{TRIAL}|\.{re.escape(HEADER)}\.[0-9a-f]{{8}}"
)


class Header(msgspec.Struct, frozen=True, tag_field="kind", tag="decoded images of cnn-tui"):
    """What a store says of itself: the data set, its images, their form, and the last boot."""

    version: int
    data: str
    images: Annotated[int, msgspec.Meta(ge=0)]
    form: str
    boot: str


def is_own(path: Path) -> bool:
    """Whether this is a folder of this user, and no link. Raises OSError."""
    found = os.lstat(path)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def header_of(store: Path) -> Header | None:
    """What a store of this user says of itself, also one of another version.

    None for all else: what has no such header, and what holds anything that no store does.
    """
    try:
        if not is_own(store):
            return None
        with os.scandir(store) as entries:
            if not all(map(_may_be_there, entries)):
                return None
        return msgspec.json.decode(regular_files.read_bytes(store / HEADER), type=Header)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None


def delete(store: Path) -> None:
    """Remove a store: its header last, and nothing that is not of it. Raises OSError."""
    for name in os.listdir(store):
        if _OTHERS.fullmatch(name):
            os.unlink(store / name)
    os.unlink(store / HEADER)
    os.rmdir(store)


def _may_be_there(entry: os.DirEntry[str]) -> bool:
    named = entry.name == HEADER or _OTHERS.fullmatch(entry.name) is not None
    return named and entry.is_file(follow_symlinks=False)
