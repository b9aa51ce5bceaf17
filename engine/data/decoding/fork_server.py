"""The fork server: the process that decoders are forked from. Loads no torch.

It listens at a socket in a folder that is removed at once, so that nothing is left of it however
the engine ends, and TMPDIR may have a longer path than the address of a socket.
"""

from __future__ import annotations

import contextlib
import multiprocessing.forkserver as server
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing import current_process, resource_tracker
from typing import Any

from engine.machine.socket_address import short_path

# Ctrl+C, batch systems and `timeout` signal every process of a job; only the engine should react.
ENGINE_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def start(modules: list[str]) -> None:
    """Start the server with these modules imported and signals blocked, unless it is running.

    It inherits no descriptor of the engine, so the run's lock stays with the engine. Raises OSError
    where the socket cannot be made.
    """
    server.set_forkserver_preload(modules)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENGINE_SIGNALS)
    try:
        with _silent():
            resource_tracker.ensure_running()  # this unblocks two of them again
        signal.pthread_sigmask(signal.SIG_BLOCK, ENGINE_SIGNALS)
        _ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What starts meanwhile says nothing of semaphores that an engine leaves at its end.

    It frees them itself, and its warning would be the last line of `engine.log`.
    """
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    try:
        yield
    finally:
        sys.warnoptions.pop()


# The descriptor of the server's socket.
_socket: int | None = None


def _ensure_running() -> None:
    global _socket
    running: Any = server._forkserver
    before = running._forkserver_address
    config: dict[str, str] = current_process()._config  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory(prefix="cnn-tui-") as path:
        folder = os.open(path, os.O_PATH | os.O_DIRECTORY)
        config["tempdir"] = short_path(folder)
        try:
            server.ensure_running()
            if running._forkserver_address != before:
                if _socket is not None:
                    os.close(_socket)
                # The descriptor of a socket is an address, too, even of one without a name.
                _socket = os.open(running._forkserver_address, os.O_PATH)
                running._forkserver_address = short_path(_socket)
        finally:
            del config["tempdir"]
            os.close(folder)
