"""Choices that were found out by measuring on this machine, kept in the user's cache folder.

A measurement differs a little from one start to the next, and a choice that depends on it would
change the bits of a run. Therefore each is measured once. Later starts find its file, and starts at
the same time wait for the first one. Even where they cannot wait, because the file system has no
locks, they agree: the first file stays, and a later one gives way to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec

from engine import regular_files, text
from engine.catalog.user_folders import cache_folder
from engine.machine import machine_text
from engine.protocol import events
from engine.protocol.events import Event

Choice = TypeVar("Choice", bound=msgspec.Struct)
# What a choice depends on, by name: the processor, PyTorch's version, the architecture…
Subject: TypeAlias = Mapping[str, str]
# A start waits no longer than this for another one, which may be stopped, and then measures itself.
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.05


class Computation(msgspec.Struct, frozen=True):
    """How a CPU computes a model; `gains` says how many times as fast each alternative was."""

    precision: Literal["float32", "bf16"]
    memory_format: Literal["contiguous", "channels-last"]
    gains: dict[str, float] = {}


class StepTime(msgspec.Struct, frozen=True):
    """Seconds of a step of a model on a GPU."""

    seconds: float


class Kept(msgspec.Struct, Generic[Choice], frozen=True):
    """The content of a file."""

    subject: dict[str, str]
    choice: Choice


def choices_folder() -> Path:
    return cache_folder() / "choices"


def find(subject: Subject, kind: type[Choice], folder: Path) -> Choice | None:
    """The choice for this subject; None if there is none, or its file cannot be read."""
    kept = _read(_file(subject, folder), kind)
    return kept.choice if kept is not None and kept.subject == subject else None


def every(kind: type[Choice], folder: Path) -> list[Kept[Choice]]:
    """All choices of this kind, oldest first."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob("*.json"), key=lambda file: (file.stat().st_mtime, file.name))
        return [kept for file in files if (kept := _read(file, kind)) is not None]
    return []


def forget(folder: Path) -> int:
    """Delete all choices; returns how many there were. Raises OSError."""
    files = list(folder.glob("*.json"))
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def settle(
    subject: Subject,
    kind: type[Choice],
    measure: Callable[[], Generator[None, None, Choice]],
    folder: Path,
) -> Generator[Event | None, None, Choice]:
    """The kept choice; else the one that `measure` makes now, or another start at the same time."""
    if (kept := find(subject, kind, folder)) is not None:
        return kept
    with contextlib.ExitStack() as at_the_end:
        lock = yield from _lock(folder)
        if lock is not None:
            at_the_end.callback(os.close, lock)
        if (kept := find(subject, kind, folder)) is not None:
            return kept
        yield events.Phase("loading", note=machine_text.MEASURES)
        measured = yield from measure()
        try:
            _create(subject, kind, measured, folder)
        except OSError as error:
            sentence = machine_text.not_kept(str(folder), text.reason(error))
            yield events.Alert("info", "choices", sentence)
        return find(subject, kind, folder) or measured


def _lock(folder: Path) -> Generator[Event | None, None, int | None]:
    """A descriptor that holds the lock; None where it cannot be had, or not soon enough."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None  # nothing can be kept there either, which is then said
    lock = None
    try:
        if (yield from _wait_for_lock(descriptor)):
            lock = descriptor
    except OSError as error:
        sentence = machine_text.no_lock(str(folder), text.reason(error))
        yield events.Alert("info", "choices", sentence)
    finally:
        if lock is None:
            os.close(descriptor)
    return lock


def _wait_for_lock(descriptor: int) -> Generator[Event | None, None, bool]:
    """Take the lock; returns False if it stays held. Raises OSError where there are no locks."""
    deadline = time.monotonic() + WAIT_SECONDS
    said = False
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        yield None if said else events.Phase("loading", note=machine_text.WAITS)
        said = True
        time.sleep(POLL_SECONDS)
    return False


def _create(subject: Subject, kind: type[Choice], choice: Choice, folder: Path) -> None:
    """Create the file of a choice, unless a whole one is there. Raises OSError."""
    file = _file(subject, folder)
    content = msgspec.json.encode(Kept(dict(subject), choice))
    temporary = file.with_suffix(f".{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(content)
        if _read(file, kind) is None:
            file.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def _read(file: Path, kind: type[Choice]) -> Kept[Choice] | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(regular_files.read_bytes(file), type=Kept[kind])  # type: ignore[valid-type]
    return None


def _file(subject: Subject, folder: Path) -> Path:
    """The file of this subject, which is named after a digest of it."""
    digest = hashlib.sha256(msgspec.json.encode(sorted(subject.items()))).hexdigest()
    return folder / f"{digest[:16]}.json"
