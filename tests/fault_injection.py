"""Injects one fault into an engine: a kill or an error of the disk at one point of a save.

The engine itself has no code for this: `install` replaces functions of `os`.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

# In the order in which a save passes them; `half` is a write that is cut off in the middle.
POINTS = (
    "journal half",
    "journal written",
    "checkpoint half",
    "checkpoint written",
    "checkpoint synced",
    "journal synced",
    "checkpoint renamed",
    "folder synced",
)
# The same, for a save of the best epoch.
BEST_POINTS = ("predictions half", "predictions renamed")
# The same, for the first save of an engine, before its checkpoint.
FIRST_POINTS = ("images half", "images renamed")
# The same, for the end of an epoch, before its checkpoints.
EPOCH_POINTS = ("sightings half", "sightings renamed")
# The files beside the checkpoints.
OF_ARRAYS = ("predictions", "sightings", "images")


class Fault(NamedTuple):
    """A fault at one of these points, after the point was passed `passes` times without one.

    `kind` is `kill`, or the name of an error of the operating system (`ENOSPC`). Such an error is
    raised at this pass and at every later one.
    """

    kind: str
    point: str
    passes: int


class Trigger:
    """Counts the passes of the fault's point, and raises the fault."""

    def __init__(self, fault: Fault) -> None:
        assert fault.point in (*POINTS, *BEST_POINTS, *FIRST_POINTS, *EPOCH_POINTS), fault.point
        self._fault, self._passes_left = fault, fault.passes

    def is_due(self, point: str) -> bool:
        """Count a pass of this point; returns whether the fault happens now."""
        if point != self._fault.point:
            return False
        self._passes_left -= 1
        return self._passes_left < 0

    def fire(self) -> None:
        """Kill this process, or raise the error."""
        if self._fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self._fault.kind)
        raise OSError(number, os.strerror(number))


def kind_of(descriptor: int) -> str:
    """The kind of file that a descriptor has open; "other" for files that have no points."""
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    if path.endswith("/journal.jsonl"):
        return "journal"
    folder, _, file = path.rpartition("/")
    for kind in OF_ARRAYS:
        if file.startswith(f".{kind}.npz."):
            return kind
    if folder.endswith("/checkpoints"):
        return "checkpoint" if file.startswith(".") else "other"
    return "folder" if file == "checkpoints" else "other"


def install(fault: Fault) -> None:
    """Replace functions of `os` in this process, so that the fault happens."""
    trigger = Trigger(fault)
    write, fsync, rename = os.write, os.fsync, os.rename

    def faulty_write(descriptor: int, data: Any) -> int:
        if kind_of(descriptor) != "journal":
            return write(descriptor, data)
        if trigger.is_due("journal half"):
            write(descriptor, data[: len(data) // 2])
            trigger.fire()
        written = write(descriptor, data)
        if trigger.is_due("journal written"):
            trigger.fire()
        return written

    def faulty_fsync(descriptor: int) -> None:
        kind = kind_of(descriptor)
        if kind in ("checkpoint", *OF_ARRAYS) and trigger.is_due(f"{kind} half"):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            trigger.fire()
        if trigger.is_due(f"{kind} written") and kind == "checkpoint":
            trigger.fire()
        fsync(descriptor)
        if trigger.is_due(f"{kind} synced"):
            trigger.fire()

    def faulty_rename(old: Any, new: Any) -> None:
        rename(old, new)
        if str(new).endswith(".pt") and trigger.is_due("checkpoint renamed"):
            trigger.fire()
        path = Path(new)
        if path.suffix == ".npz" and trigger.is_due(f"{path.stem} renamed"):
            trigger.fire()

    replaced: dict[str, Callable[..., Any]] = {
        "write": faulty_write,
        "fsync": faulty_fsync,
        "rename": faulty_rename,
    }
    for name, function in replaced.items():
        setattr(os, name, function)
