"""Processes that decode images into memory shared with the trainer. Loads no torch.

Threads are as fast (measured on two cores), but they compete for the interpreter with the training
thread, which makes thousands of small calls.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import parent_process, reduction
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np

from engine import text
from engine.data import data_text
from engine.data.decoding import fork_server
from engine.data.decoding.decode import ImageFormat, Pixels, decode_all
from engine.errors import CRASH_SIGNALS, DataError

# The interval at which a wait checks that all processes are alive.
ALIVE_SECONDS = 1.0


class CannotStartError(DataError):
    """The system refuses what the processes need: memory, /dev/shm, a socket, a descriptor."""


class SharedMemory:
    """Shared bytes outside any file system, so that /dev/shm need not be large.

    The last process that maps them frees them. A pickle can pass them only to a process that is
    just starting.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.memory = mmap.mmap(descriptor, 0)

    @classmethod
    def zeroed(cls, size: int) -> SharedMemory:
        """Raises CannotStartError where there is not enough memory."""
        try:
            descriptor = os.memfd_create("images")
            os.ftruncate(descriptor, size)
            return cls(descriptor)
        except OSError as error:
            why = text.reason(error)
            raise CannotStartError(data_text.no_shared_memory(size, why)) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (reduction.DupFd(self._descriptor),)

    def close(self) -> None:
        """Close the descriptor; the memory is freed when nothing maps it any more."""
        os.close(self._descriptor)


def _reopen(duplicate: Any) -> SharedMemory:
    return SharedMemory(duplicate.detach())


class DecodeBuffer:
    """The shared memory that decoders write to.

    `pixels` is (slots, batch, C, H, W). `wanted` (slots,) is false for slots whose images are no
    longer needed. `decoding` (slots, batch) has the pid of the process that decodes an image at the
    moment, else 0.
    """

    def __init__(
        self, shared: SharedMemory, slots: int, batch: int, image_format: ImageFormat
    ) -> None:
        self._shared, self._slots, self._batch = shared, slots, batch
        self.image_format = image_format
        count, memory = slots * batch, shared.memory
        self.decoding = np.frombuffer(memory, np.int32, count).reshape(slots, batch)
        pixels = np.frombuffer(memory, np.uint8, offset=self.decoding.nbytes)
        self.pixels: Pixels = pixels[:-slots].reshape(slots, batch, *image_format.shape)
        self.wanted = pixels[-slots:].view(np.bool_)

    @classmethod
    def zeroed(cls, slots: int, batch: int, image_format: ImageFormat) -> DecodeBuffer:
        size = slots * (batch * (math.prod(image_format.shape) + np.dtype(np.int32).itemsize) + 1)
        return cls(SharedMemory.zeroed(size), slots, batch, image_format)

    def __reduce__(self) -> tuple[Any, ...]:
        return DecodeBuffer, (self._shared, self._slots, self._batch, self.image_format)

    def close(self) -> None:
        self._shared.close()


class _Decoder(ForkServerProcess):
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


class DecoderPool(ProcessPoolExecutor):
    """Processes that `decode` into a buffer; each starts when it is first needed."""

    def __init__(self, workers: int, buffer: DecodeBuffer) -> None:
        """Raises CannotStartError where the system refuses what the processes need."""
        self._context, self._ended = _Context(), False
        try:
            fork_server.start(__name__)
        except OSError as error:
            raise CannotStartError(data_text.no_decoders(text.reason(error))) from error
        try:  # the executor's semaphores are files in /dev/shm
            super().__init__(workers, self._context, initializer=_begin, initargs=(buffer,))
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
        self.shutdown(wait=False)
        self._ended, ended = True, self._ended
        started = (
            {}
            if ended
            else {process.pid: process for process in self._context.started if process.pid}
        )
        for pid in started:
            # Not `process.kill`, which does nothing once the fork server has died.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in started.values():
            process.join()
        signals = {pid: -(process.exitcode or 0) for pid, process in started.items()}
        return {pid: number for pid, number in signals.items() if number in CRASH_SIGNALS}


# The buffer that a decoder process was started with.
_buffer: DecodeBuffer


def _begin(buffer: DecodeBuffer) -> None:
    global _buffer
    _buffer = buffer
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """Exit with the parent; else the decoders of a killed engine would wait for work forever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def decode(
    slot: int, start: int, files: Sequence[Path], known: Mapping[Path, str]
) -> dict[int, str]:
    """Decode files into a slot, from position `start` on; returns why some are broken, by index.

    `known` gives this for files that are known to be broken, and are not opened.
    """
    if not _buffer.wanted[slot]:
        return {}
    broken, pid = {}, os.getpid()
    for at, file in enumerate(files, start):
        if file in known:
            broken[at] = known[file]
            continue
        _buffer.decoding[slot, at] = pid
        found = decode_all([file], _buffer.image_format, _buffer.pixels[slot, at : at + 1])
        _buffer.decoding[slot, at] = 0
        if found:
            broken[at] = found[0]
    return broken
