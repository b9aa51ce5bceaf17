"""The start of an engine before its run: a thread imports PyTorch, and the main thread waits.

See `engine.start.warm_engine`, which starts this process and hands it the run.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import socket
import threading
import time
from typing import NamedTuple

import msgspec

from engine.process.uncollected import uncollected

MESSAGE_BYTES = 1 << 16
# The import gives way to the launcher, in which a person types, and to the run that trains.
NICER = 10
# The first two as a run imports them, so that both never wait for each other.
MODULES = ("engine.process.host", "engine.process.trainer_setup")


class HandedOver(NamedTuple):
    """The arguments of an engine, and the descriptor that holds the lock of its run.

    `began` is when they came, on the clock of `time.monotonic`.
    """

    arguments: list[str]
    lock: int
    began: float


def handed_over(descriptor: int) -> HandedOver:
    """Wait at this socket for a run. Ends the process if its starter ends first."""
    with socket.socket(fileno=descriptor) as starter:
        threading.Thread(target=_import, args=(starter,), name="importer", daemon=True).start()
        starter.set_inheritable(False)
        message, descriptors, _, _ = socket.recv_fds(
            starter, MESSAGE_BYTES, 2, socket.MSG_CMSG_CLOEXEC
        )
        began = time.monotonic()
        if not message:
            os._exit(0)
        lock, log = descriptors
        _log_to(log)
        with contextlib.suppress(OSError):  # the starter has ended since
            starter.send(b"taken")
    return HandedOver(msgspec.json.decode(message, type=list[str]), lock, began)


def _log_to(log: int) -> None:
    """Direct the output of this process to the run's log, with what was written before."""
    early = os.dup(1)
    for output in (1, 2):
        os.dup2(log, output)
    os.write(log, os.pread(early, os.fstat(early).st_size, 0))
    os.close(early)
    os.close(log)


def _import(starter: socket.socket) -> None:
    """Import what a run imports; if that fails, the run fails in the same way, and says so."""
    with contextlib.suppress(Exception):
        # Numpy starts threads for its matrix products. They would be as nice as this one.
        importlib.import_module("numpy")
        if not _has_a_run(starter):
            thread = threading.get_native_id()
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, nice + NICER)  # 19 at most
        with uncollected():
            for module in MODULES:
                importlib.import_module(module)


def _has_a_run(starter: socket.socket) -> bool:
    """Whether the run is waiting in the socket, or has been taken from it, which closes it."""
    return starter.fileno() < 0 or bool(select.select([starter], [], [], 0)[0])
