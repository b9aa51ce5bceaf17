"""Processes that the suite has started, known by a mark that each inherits in its environment."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator

import psutil

# Holds the scopes that a process was started in, from the session to the test, each ended by a "/".
MARK = "CNN_TUI_STARTED_IN"
POLL_SECONDS = 0.01


def begin_session() -> None:
    """From here on each process that is started has a mark that no other session gives."""
    os.environ[MARK] = f"{os.environ.get(MARK, '')}{os.getpid()}-{time.time_ns()}/"


@contextlib.contextmanager
def scope(name: str) -> Iterator[str]:
    """End all that is started in here, however this is left; scopes nest. Gives the mark."""
    outer = os.environ[MARK]
    os.environ[MARK] = f"{outer}{name}/"
    try:
        yield os.environ[MARK]
    finally:
        end()
        os.environ[MARK] = outer


def left(patience: float = 0.0) -> dict[int, str]:
    """What was started in the present scope and still runs; those that leave have so long for it.

    Of each its number, and the scope with the command.
    """
    deadline = time.monotonic() + patience
    while (found := _marked()) and time.monotonic() < deadline:
        select.select([], [], [], POLL_SECONDS)
    return found


def end() -> None:
    """Kill what was started in the present scope; again, until nobody is left to start another."""
    while found := _marked():
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        select.select([], [], [], POLL_SECONDS)


def _marked() -> dict[int, str]:
    wanted = f"{MARK}={os.environ[MARK]}".encode()
    found = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with contextlib.suppress(OSError, psutil.Error):  # it has ended, or is another user's
            with open(f"/proc/{pid}/environ", "rb") as environ:
                variables = environ.read().split(b"\0")
            marks = [each for each in variables if each.startswith(wanted)]
            if marks and not _own(process := psutil.Process(pid)):
                found[pid] = f"{marks[0].decode(errors='replace')}: {process.cmdline()}"
    return found


def _own(process: psutil.Process) -> bool:
    """Whether this is the present process, or what Python keeps beside it and ends with it."""
    if process.pid == os.getpid():
        return True
    return process.ppid() == os.getpid() and "from multiprocessing." in str(process.cmdline())
