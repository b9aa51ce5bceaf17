"""Finds the processes that the suite has started, by a mark in the environment they inherit."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator

import psutil

# The variable names the scopes that a process was started in, from the session down to the test,
# each followed by "/".
MARK = "CNN_TUI_STARTED_IN"
POLL_SECONDS = 0.01


def mark_session() -> None:
    """Give every process that starts from now on a mark of this session alone."""
    os.environ[MARK] = f"{os.environ.get(MARK, '')}{os.getpid()}-{time.time_ns()}/"


@contextlib.contextmanager
def scope(name: str) -> Iterator[str]:
    """Kill all processes that start inside, however the block is left. Yields the mark.

    Scopes nest.
    """
    outer = os.environ[MARK]
    os.environ[MARK] = f"{outer}{name}/"
    try:
        yield os.environ[MARK]
    finally:
        kill()
        os.environ[MARK] = outer


def running(seconds: float = 0.0) -> dict[int, str]:
    """The processes of the current scope that still run after waiting up to `seconds`.

    Maps each process id to the scope and the command.
    """
    deadline = time.monotonic() + seconds
    while (found := _marked()) and time.monotonic() < deadline:
        select.select([], [], [], POLL_SECONDS)
    return found


def kill() -> None:
    """Kill all processes of the current scope, until none is left that could start another."""
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
            if marks and not _is_ours(process := psutil.Process(pid)):
                found[pid] = f"{marks[0].decode(errors='replace')}: {process.cmdline()}"
    return found


def _is_ours(process: psutil.Process) -> bool:
    """Whether this is the current process, or a helper of multiprocessing that ends with it."""
    if process.pid == os.getpid():
        return True
    return process.ppid() == os.getpid() and "from multiprocessing." in str(process.cmdline())
