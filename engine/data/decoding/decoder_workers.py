"""Processes that decode images into memory which they share with the trainer. Loads no torch.

Threads would be as fast where there are two cores (measured), but they take the interpreter from
the thread that trains, which has thousands of small calls to make.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import multiprocessing.forkserver as server
import os
import signal
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import parent_process, reduction, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.decoding.decode import ImageFormat, Pixels, decode_all

# Ctrl+C, a batch system and `timeout` signal every process of a job, but mean the engine alone.
ENGINE_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)

# How often those who wait look whether all processes live.
ALIVE_SECONDS = 1.0


class Shared:
    """Bytes that belong to no file system, so that /dev/shm need not be large.

    They are gone with the last process that has them, and pickle only into one that is starting.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.memory = mmap.mmap(descriptor, 0)

    @classmethod
    def zeroed(cls, size: int) -> Shared:
        descriptor = os.memfd_create("images")
        os.ftruncate(descriptor, size)
        return cls(descriptor)

    def __reduce__(self) -> tuple[Any, ...]:
        return _taken_over, (reduction.DupFd(self._descriptor),)

    def close(self) -> None:
        """Give the descriptor back; the memory goes when nobody looks at it any more."""
        os.close(self._descriptor)


def _taken_over(duplicate: Any) -> Shared:
    return Shared(duplicate.detach())


class Room:
    """Where decoders write, and what of it is wanted, in memory that all processes see.

    `pixels` is (slots, batch, C, H, W); `wanted` (slots,) is false where nobody waits any more for
    what was begun.
    """

    def __init__(self, shared: Shared, slots: int, batch: int, form: ImageFormat) -> None:
        self._shared, self._slots, self._batch, self.form = shared, slots, batch, form
        whole = np.frombuffer(shared.memory, np.uint8)
        self.pixels: Pixels = whole[:-slots].reshape(slots, batch, *form.shape)
        self.wanted = whole[-slots:].view(np.bool_)

    @classmethod
    def zeroed(cls, slots: int, batch: int, form: ImageFormat) -> Room:
        size = slots * (batch * math.prod(form.shape) + 1)
        return cls(Shared.zeroed(size), slots, batch, form)

    def __reduce__(self) -> tuple[Any, ...]:
        return Room, (self._shared, self._slots, self._batch, self.form)

    def close(self) -> None:
        """As `Shared.close`."""
        self._shared.close()


class _Decoder(ForkServerProcess):
    def terminate(self) -> None:
        """The pool ends the others so when one has died; they are deaf to the milder signal."""
        self.kill()


class _Context(ForkServerContext):
    """Starts processes, and keeps account of them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[_Decoder] = []

    def Process(self, *arguments: Any, **more: Any) -> _Decoder:  # type: ignore[override]  # noqa: N802 (its own name)
        self.started.append(_Decoder(*arguments, **more))
        return self.started[-1]


class Pool(ProcessPoolExecutor):
    """So many processes that `decode` into this room, each started when it is needed first."""

    def __init__(self, workers: int, room: Room) -> None:
        _start_server()
        self._context = _Context()
        super().__init__(workers, self._context, initializer=_begin, initargs=(room,))

    def wait(self, parts: Iterable[Future[Any]]) -> None:
        """Wait until all are done. Raises BrokenProcessPool where a process has died before.

        The executor does not always tell: it forgets what is submitted, and processes that it
        starts, in the moment of a death.
        """
        waiting = list(parts)
        while wait(waiting, ALIVE_SECONDS).not_done:
            if not self.lives:
                raise BrokenProcessPool

    @property
    def lives(self) -> bool:
        """Whether no process has died."""
        return all(process.is_alive() for process in self._context.started)

    def end(self) -> None:
        """Kill all processes; returns when none of them writes any more."""
        self.shutdown(wait=False)
        started = {process.pid: process for process in self._context.started if process.pid}
        for pid in started:
            # Not by its own `kill`, which does nothing once the process that forks is gone.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in started.values():
            process.join()


def _start_server() -> None:
    """Start the process that decoders are forked from, with the engine's signals blocked.

    It inherits no descriptor but its own, so the lock of the run stays with the engine.
    """
    server.set_forkserver_preload([__name__])
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENGINE_SIGNALS)
    try:
        resource_tracker.ensure_running()  # which unblocks two of them again
        signal.pthread_sigmask(signal.SIG_BLOCK, ENGINE_SIGNALS)
        server.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# What a decoder was started with.
_room: Room


def _begin(room: Room) -> None:
    global _room
    _room = room
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Else a decoder whose engine was killed would wait for work for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def decode(slot: int, start: int, files: Sequence[Path]) -> dict[int, str]:
    """Decode files into a slot, from this place on; tells why which are broken."""
    if not _room.wanted[slot]:
        return {}
    broken = decode_all(files, _room.form, _room.pixels[slot, start : start + len(files)])
    return {start + index: why for index, why in broken.items()}
