"""An engine that meets one fault at one place.

Nothing of this is in the engine: it stands between the engine and the system.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from typing import Any, NamedTuple

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


class Fault(NamedTuple):
    """What happens at a place that has been passed so often.

    The kind is `kill`, or the name of an error of the system (`ENOSPC`), which from that time on is
    what the place, one of `PLACES`, always answers.
    """

    kind: str
    place: str
    unharmed: int


class Trap:
    """Has a fault happen when its place has been passed so often."""

    def __init__(self, fault: Fault) -> None:
        assert fault.place in PLACES, fault.place
        self._fault, self._left = fault, fault.unharmed

    def at(self, place: str) -> bool:
        """Whether to happen here and now; what was begun to be written is then half."""
        if place != self._fault.place:
            return False
        self._left -= 1
        return self._left < 0

    def happen(self) -> None:
        if self._fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self._fault.kind)
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
    trap = Trap(fault)
    write, fsync, rename = os.write, os.fsync, os.rename

    def faulty_write(descriptor: int, data: Any) -> int:
        if named(descriptor) != "journal":
            return write(descriptor, data)
        if trap.at("journal half"):
            write(descriptor, data[: len(data) // 2])
            trap.happen()
        written = write(descriptor, data)
        if trap.at("journal written"):
            trap.happen()
        return written

    def faulty_fsync(descriptor: int) -> None:
        what = named(descriptor)
        if what == "checkpoint" and trap.at("checkpoint half"):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            trap.happen()
        if trap.at(f"{what} written") and what == "checkpoint":
            trap.happen()
        fsync(descriptor)
        if trap.at(f"{what} synced"):
            trap.happen()

    def faulty_rename(old: Any, new: Any) -> None:
        rename(old, new)
        if str(new).endswith(".pt") and trap.at("checkpoint renamed"):
            trap.happen()

    replaced: dict[str, Callable[..., Any]] = {
        "write": faulty_write,
        "fsync": faulty_fsync,
        "rename": faulty_rename,
    }
    for name, faulty in replaced.items():
        setattr(os, name, faulty)
