"""Processes that decode images into memory shared with the trainer. Loads no torch.

Threads are as fast (measured on two cores), but they compete for the interpreter with the training
thread, which makes thousands of small calls.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, parent_process, popen_forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from typing import Any

from engine import text
from engine.data import data_text
from engine.data.decoding import fork_server
from engine.data.decoding.decode import Maker, decode_all, view
from engine.data.decoding.decode_buffer import CannotStartError, DecodeBuffer
from engine.data.decoding.making import ANEW, Making
from engine.data.stored.stored_image import StoredImage
from engine.errors import CRASH_SIGNALS

# What processes import that crop. It loads torch, so nobody else imports it.
CROPPING_MODULE = "engine.data.decoding.cropping_process"
# The interval at which a wait checks that all processes are alive.
ALIVE_SECONDS = 1.0


class ExitStatus(popen_forkserver.Popen):
    """The exit status of a process, which arrives once, and for which two threads may ask.

    These are the executor's and ours. Python gives the second one that asks at the same moment 255.
    """

    _reading = threading.Lock()

    def poll(self, flag: int = os.WNOHANG) -> int | None:
        if self.returncode is None:
            if not connection.wait([self.sentinel], 0 if flag == os.WNOHANG else None):
                return None
            with self._reading:
                super().poll(flag)
        return self.returncode


class _Decoder(ForkServerProcess):
    @staticmethod
    def _Popen(process: BaseProcess) -> ExitStatus:  # noqa: N802 (its own name)
        return ExitStatus(process)

    def terminate(self) -> None:
        """Kill. When one process dies the pool calls this on the others, which block SIGTERM."""
        self.kill()


class _Context(ForkServerContext):
    """Starts processes and keeps a list of them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[_Decoder] = []

    def Process(self, *arguments: Any, **more: Any) -> _Decoder:  # type: ignore[override]  # noqa: N802 (its own name)
        self.started.append(_Decoder(*arguments, **more))
        return self.started[-1]


def start_server(module: str = "") -> None:
    """Start the process that decoders are forked from, unless it is running.

    A `module` that is named is imported there, once for all of them. Raises OSError.
    """
    fork_server.start([__name__, module] if module else [__name__])


class DecoderPool(ProcessPoolExecutor):
    """Processes that open images, and `decode` into a buffer if there is one.

    Each starts when it is first needed.
    """

    def __init__(self, workers: int, buffer: DecodeBuffer | None = None, module: str = "") -> None:
        """The `view` of a `module` makes the pixels, if one is named.

        Raises CannotStartError where the system refuses what the processes need.
        """
        self._context, self._ended = _Context(), False
        try:
            start_server(module)
        except OSError as error:
            raise CannotStartError(data_text.no_decoders(text.reason(error))) from error
        try:  # the executor's semaphores are files in /dev/shm
            super().__init__(workers, self._context, initializer=_begin, initargs=(buffer, module))
        except OSError as error:
            raise CannotStartError(data_text.no_semaphores(text.reason(error))) from error

    def wait(self, parts: Iterable[Future[Any]]) -> None:
        """Wait until all parts are done. Raises BrokenProcessPool where a process dies first.

        The executor alone does not always notice a death: it forgets work and processes that are
        added at the same moment.
        """
        waiting = list(parts)
        while wait(waiting, ALIVE_SECONDS).not_done:
            if not self.all_alive:
                raise BrokenProcessPool

    @property
    def all_alive(self) -> bool:
        """Whether all processes are alive."""
        return not self._ended and all(process.is_alive() for process in self._context.started)

    def end(self) -> dict[int, int]:
        """Kill all processes and wait until they are gone.

        Returns the signals of those that had crashed in native code, by pid.
        """
        if self._ended:
            return {}
        self._ended = True
        self.shutdown(wait=False)
        started = {process.pid: process for process in self._context.started if process.pid}
        for pid in started:
            # Not `process.kill`, which does nothing once the fork server has died.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in started.values():
            process.join()
        signals = {pid: -(process.exitcode or 0) for pid, process in started.items()}
        return {pid: number for pid, number in signals.items() if number in CRASH_SIGNALS}


# The buffer that a decoder process was started with, and what makes the pixels of an image.
_buffer: DecodeBuffer
_make: Maker = view


def _begin(buffer: DecodeBuffer | None, module: str) -> None:
    global _buffer, _make
    if buffer is not None:
        _buffer = buffer
    if module:
        _make = importlib.import_module(module).view
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """Exit with the parent; else the decoders of a killed engine would wait for work forever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def decode(
    slot: int,
    start: int,
    images: Sequence[StoredImage],
    known: Mapping[StoredImage, str],
    making: Making = ANEW,
) -> dict[int, str]:
    """Decode images into a slot from position `start` on; returns why some are broken, by position.

    `known` gives this for images that are known to be broken, and are not opened.
    """
    if not _buffer.wanted[slot]:
        return {}
    broken, pid = {}, os.getpid()
    side = _buffer.image_format.size if making.crops is None else making.crops.size
    targets = _buffer.views(slot, side)
    for index, image in enumerate(images):
        at = start + index
        if image in known:
            broken[at] = known[image]
            continue
        _buffer.decoding[slot, at] = pid
        place = slice(at, at + 1)
        found = decode_all(
            [image],
            _buffer.image_format,
            targets[place],
            _buffer.outside[slot, place],
            making.part(index, index + 1),
            _make,
        )
        _buffer.decoding[slot, at] = 0
        if found:
            broken[at] = found[0]
    return broken
