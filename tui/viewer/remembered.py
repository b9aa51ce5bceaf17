"""What a screen remembers of how it was looked at: files in the user's state folder."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TypeVar

import msgspec

from engine import regular_files
from engine.catalog.user_folders import state_folder
from engine.run.durable_files import write_durably

Kept = TypeVar("Kept", bound=msgspec.Struct)


def file(*parts: str) -> Path:
    """The file of this name in the state folder, perhaps in a folder of it."""
    return state_folder().joinpath(*parts)


def read(path: Path, kind: type[Kept]) -> Kept | None:
    """What was written there last; None where nothing was, or it is damaged."""
    with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode(regular_files.read_bytes(path), type=kind)
    return None


def write(path: Path, kept: msgspec.Struct) -> None:
    """Remember this, on a disk that may be slow; a folder that cannot be written is no fault."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, msgspec.json.encode(kept))
