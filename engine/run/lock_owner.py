"""The owner of a lock: the process that a lock file names, and whether it runs on this machine.

This depends on no clock: a process is known by its id, and by its start in ticks since the boot.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import time
from pathlib import Path

import msgspec

from engine import regular_files
from engine.run.run_paths import RunDir


class Owner(msgspec.Struct, frozen=True):
    """The content of a lock file: which engine process holds the lock.

    `pid` is 0 until the engine runs. `time` is the time of writing, in unix seconds. `started` is
    the start of the process in clock ticks since the boot, and `namespace` names what its id counts
    in; 0 and "" are unknown. `log_bytes` is the size of `engine.log` at its start. `oom_kills` is
    the number of processes that the kernel had ended for lack of memory, as `oom_file` counts them.
    """

    host: str
    boot: str
    pid: int
    attempt: str
    time: float = 0.0
    started: int = 0
    namespace: str = ""
    log_bytes: int = 0
    oom_file: str = ""
    oom_kills: int = 0


def owner_here(attempt: str, pid: int) -> Owner:
    """The owner for a process of this machine."""
    started = start_of(pid) or 0
    # In ms like the times of events: an event of this engine is never older than this.
    now = round(time.time(), 3)
    return Owner(socket.gethostname(), boot_id(), pid, attempt, now, started, pid_namespace())


def write_owner(descriptor: int, owner: Owner) -> None:
    """Write into a locked file which process holds it."""
    content = msgspec.json.encode(owner)
    os.pwrite(descriptor, content, 0)
    os.ftruncate(descriptor, len(content))


def read_owner(run: RunDir, lock_file: Path | None = None) -> Owner | None:
    """The owner that the lock file names. The lock may be free by now."""
    return owner_in(lock_file or run.lock)


def owner_in(lock_file: Path) -> Owner | None:
    """As `read_owner`, of a lock that may belong to no run."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(regular_files.read_bytes(lock_file), type=Owner)
    return None


@functools.cache  # a search for live runs asks once for each run
def boot_id() -> str:
    """Linux' identifier of the current boot of this machine; "" if the system has none."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def pid_namespace() -> str:
    """The name of the namespace of process ids: containers of one boot count on their own."""
    with contextlib.suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def start_of(pid: int) -> int | None:
    """The start of a running process in clock ticks since the boot; None if none has this id.

    See proc_pid_stat(5). A zombie does not run.
    """
    try:
        state, *fields = stat_fields(Path(f"/proc/{pid}/stat"))
    except OSError:
        return None
    return None if state in (b"Z", b"X") else int(fields[18])


def stat_fields(stat: Path) -> list[bytes]:
    """The fields of a process or a thread from its state on. Raises OSError if it is gone.

    The name before them, in parentheses, may hold anything.
    """
    return stat.read_bytes().rpartition(b")")[2].split()


def is_running(owner: Owner) -> bool | None:
    """Whether the owner's process runs; None if this cannot be seen from here."""
    known = owner.pid and owner.started and owner.namespace
    if not known or (owner.boot, owner.namespace) != (boot_id(), pid_namespace()):
        return None
    return start_of(owner.pid) == owner.started
