"""Processes that decode images into memory which they share with the trainer. Loads no torch.

Threads would be as fast where there are two cores (measured), but they take the interpreter from
the thread that trains, which has thousands of small calls to make.
"""

from __future__ import annotations

import mmap
import multiprocessing.forkserver as server
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import parent_process, reduction, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.decoding import Form, Pixels, decode_all

# Ctrl+C, a batch system and `timeout` signal every process of a job, but mean the engine alone.
ENGINE_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


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


class Decoders:
    """So many processes, and room for `slots` batches of `batch` images of a form.

    `pixels` is (slots, batch, C, H, W).
    """

    def __init__(self, workers: int, slots: int, batch: int, form: Form) -> None:
        shape = (slots, batch, *form.shape)
        self._shared = Shared.zeroed(int(np.prod(shape)))
        self.pixels: Pixels = np.frombuffer(self._shared.memory, np.uint8).reshape(shape)
        _start_server()
        self._pool = ProcessPoolExecutor(
            workers, _Context(), initializer=_begin, initargs=(self._shared, shape, form)
        )

    def submit(self, slot: int, start: int, files: Sequence[Path]) -> Future[dict[int, str]]:
        """Decode these files into a slot, from this place on; tells why which are broken.

        Raises BrokenProcessPool, as the future does, where a process was ended from outside.
        """
        return self._pool.submit(_decode, slot, start, files)

    def close(self) -> None:
        """End the processes, once each is done with what it is at."""
        self._pool.shutdown(cancel_futures=True)
        self._shared.close()


class _Decoder(ForkServerProcess):
    def terminate(self) -> None:
        """The pool ends the others so when one has died; they are deaf to the milder signal."""
        self.kill()


class _Context(ForkServerContext):
    Process = _Decoder


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


# What a decoder was started with: the shared pixels (slots, batch, C, H, W), and the form.
_pixels: Pixels
_form: Form


def _begin(shared: Shared, shape: tuple[int, ...], form: Form) -> None:
    global _pixels, _form
    _pixels, _form = np.frombuffer(shared.memory, np.uint8).reshape(shape), form
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Else a decoder whose engine was killed would wait for work for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _decode(slot: int, start: int, files: Sequence[Path]) -> dict[int, str]:
    broken = decode_all(files, _form, _pixels[slot, start : start + len(files)])
    return {start + index: why for index, why in broken.items()}
