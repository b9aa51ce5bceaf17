"""What the runner has done, an entry a line: for people, and for the list of what has ended."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TypeAlias

import msgspec

from engine import regular_files
from engine.queueing.queue_dir import QueueDir
from engine.run.durable_files import write_durably
from engine.run.journal import is_torn


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """`time` is in unix seconds."""

    time: float = msgspec.field(default_factory=lambda: round(time.time(), 3))


class Started(_Entry, frozen=True):
    """An engine was started for this run, on these devices."""

    run: str
    devices: tuple[str, ...]


class Ended(_Entry, frozen=True):
    """A task has left the queue.

    `state` is done, stopped, failed, rested (it has trained as far as was asked), gone (its folder
    is not there) or over (its race is stopped, or its budget is used up). `error` says why it
    failed.
    """

    run: str
    state: str
    error: str = ""


class Died(_Entry, frozen=True):
    """An engine has died; its run is started again."""

    run: str
    error: str


class Paused(_Entry, frozen=True):
    """The runner has paused the queue."""

    reason: str


Entry: TypeAlias = Started | Ended | Died | Paused
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


# A journal that is larger loses the older half of its entries.
MOST_BYTES = 1 << 20


def append(queue_dir: QueueDir, entry: Entry) -> None:
    """Write an entry with one write; only the runner does so.

    Ignores a disk that takes none: no training waits for it.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    with contextlib.suppress(OSError):
        descriptor = regular_files.open_descriptor(queue_dir.journal, flags)
        try:
            size = os.fstat(descriptor).st_size
            os.write(descriptor, b"\n" * is_torn(descriptor) + msgspec.json.encode(entry) + b"\n")
        finally:
            os.close(descriptor)
        if size > MOST_BYTES:
            _drop_older_half(queue_dir)


def _drop_older_half(queue_dir: QueueDir) -> None:
    """Keep the entries of the newer half as they are. Raises OSError."""
    content = regular_files.read_bytes(queue_dir.journal)
    start = content.find(b"\n", len(content) // 2) + 1
    write_durably(queue_dir.journal, content[start:])


def read(queue_dir: QueueDir) -> list[Entry]:
    """The entries, oldest first, without lines that cannot be read."""
    found: list[Entry] = []
    with contextlib.suppress(OSError):
        for line in regular_files.read_bytes(queue_dir.journal).splitlines():
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                found.append(_decoder.decode(line))
    return found


def ended_since(queue_dir: QueueDir, moment: float) -> list[Ended]:
    """What has left the queue since then, oldest first."""
    return [e for e in read(queue_dir) if isinstance(e, Ended) and e.time >= moment]
