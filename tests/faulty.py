"""python tests/faulty.py FAULT PLACE COUNT RUN: an engine that meets one fault at one place.

FAULT is `kill`, or the name of an error of the system (`ENOSPC`), which from that time on is what
the place always answers. PLACE is one of `PLACES`, and COUNT how often it is passed unharmed.
Nothing of this is in the engine: it stands between the engine and the system.
"""

from __future__ import annotations

import errno
import os
import runpy
import signal
import sys
from collections.abc import Callable
from typing import Any

# In the order in which a save passes them; `half` is a write that is cut off in its midst.
PLACES = (
    "journal half",
    "journal written",
    "checkpoint half",
    "checkpoint written",
    "checkpoint synced",
    "journal synced",
    "checkpoint renamed",
    "folder synced",
)


class Fault:
    """Happens when its place has been passed so often."""

    def __init__(self, kind: str, place: str, count: int) -> None:
        self._kind, self._place, self._left = kind, place, count

    def at(self, place: str) -> bool:
        """Whether to happen here and now; what was begun to be written is then half."""
        if place != self._place:
            return False
        self._left -= 1
        return self._left < 0

    def happen(self) -> None:
        if self._kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self._kind)
        raise OSError(number, os.strerror(number))


def named(descriptor: int) -> str:
    """What a descriptor is open on: "journal", "checkpoint", "folder" or something else."""
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    if path.endswith("/journal.jsonl"):
        return "journal"
    folder, _, file = path.rpartition("/")
    if folder.endswith("/checkpoints"):
        return "checkpoint" if file.startswith(".") else "other"
    return "folder" if file == "checkpoints" else "other"


def install(fault: Fault) -> None:
    """Put the fault between this process and the system."""
    write, fsync, rename = os.write, os.fsync, os.rename

    def faulty_write(descriptor: int, data: Any) -> int:
        if named(descriptor) != "journal":
            return write(descriptor, data)
        if fault.at("journal half"):
            write(descriptor, data[: len(data) // 2])
            fault.happen()
        written = write(descriptor, data)
        if fault.at("journal written"):
            fault.happen()
        return written

    def faulty_fsync(descriptor: int) -> None:
        what = named(descriptor)
        if what == "checkpoint" and fault.at("checkpoint half"):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            fault.happen()
        if fault.at(f"{what} written") and what == "checkpoint":
            fault.happen()
        fsync(descriptor)
        if fault.at(f"{what} synced"):
            fault.happen()

    def faulty_rename(old: Any, new: Any) -> None:
        rename(old, new)
        if str(new).endswith(".pt") and fault.at("checkpoint renamed"):
            fault.happen()

    replaced: dict[str, Callable[..., Any]] = {
        "write": faulty_write,
        "fsync": faulty_fsync,
        "rename": faulty_rename,
    }
    for name, faulty in replaced.items():
        setattr(os, name, faulty)


if __name__ == "__main__":
    kind, place, count, run = sys.argv[1:]
    assert place in PLACES, place
    install(Fault(kind, place, int(count)))
    sys.argv = ["engine", run, "--lines"]
    runpy.run_module("engine", run_name="__main__")
