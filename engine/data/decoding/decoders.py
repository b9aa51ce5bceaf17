"""Decoding ahead, by processes that are replaced where one dies. Loads no torch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from engine.data.decoding.decode import ImageFormat
from engine.data.decoding.decoder_workers import Pool, Room, decode

# Images of a task that one process decodes at a time: a task is spread over several, so that the
# first one of an epoch is soon there.
CHUNK = 32
# Processes that die so often in an epoch, or twice while the same images are waited for, die of
# what they are asked to do.
DEATHS = 3
# The longest that is waited for the process that forks them.
SERVER_SECONDS, POLL_SECONDS = 5.0, 0.01
PROGRESS_SECONDS = 0.05


@dataclass(eq=False)
class DecodeTask:
    """Files that are being decoded into a slot."""

    slot: int
    files: Sequence[Path]
    # By the place of its first file.
    parts: dict[int, Future[dict[int, str]]] = field(default_factory=dict)


class Decoders:
    """So many processes, and room for `slots` tasks of `batch` images of a form.

    A process decodes `chunk` images of a task at a time. `pixels` is (slots, batch, C, H, W).
    """

    def __init__(
        self, workers: int, slots: int, batch: int, form: ImageFormat, chunk: int = CHUNK
    ) -> None:
        self._workers, self._room, self._chunk = workers, Room.zeroed(slots, batch, form), chunk
        self.pixels = self._room.pixels
        self._deaths = 0
        self._begun: dict[DecodeTask, None] = {}
        self._pool = Pool(workers, self._room)

    def begin(self, slot: int, files: Sequence[Path]) -> DecodeTask:
        """Have files decoded into a slot that is free. Raises BrokenProcessPool as `result`."""
        task = DecodeTask(slot, files)
        self._room.wanted[slot] = True
        self._begun[task] = None
        self._submit([task])
        return task

    def progress(self, task: DecodeTask) -> Iterator[float]:
        """The share that is decoded, every now and then, until `result` need not wait for it.

        Raises BrokenProcessPool as `result`.
        """
        while left := [part for part in task.parts.values() if _is_left(part)]:
            yield 1 - len(left) / len(task.parts)
            if not self._pool.lives or any(_is_lost(part) for part in left):
                self._replace(BrokenProcessPool())
            else:
                wait(left[:1], PROGRESS_SECONDS)

    def result(self, task: DecodeTask) -> dict[int, str]:
        """Wait until all is decoded; tells why which files are broken.

        Raises BrokenProcessPool where processes were ended from outside again and again.
        """
        try:
            return self._finished(task)
        except BrokenProcessPool as death:
            self._replace(death)
        return self._finished(task)

    def forgiven(self) -> int:
        """How often all processes were replaced, for one was ended from outside, since the last
        call; from here on that no longer counts.
        """
        deaths, self._deaths = self._deaths, 0
        return deaths

    def leave(self, tasks: Sequence[DecodeTask]) -> None:
        """Free slots whose result was taken, or is not wanted any more.

        Python 3.11's executor trips over futures that were cancelled when a process dies: the
        processes are told beside it.
        """
        for task in tasks:
            self._room.wanted[task.slot] = False
        with contextlib.suppress(BrokenProcessPool):  # who begins the next task hears of it
            self._pool.wait([part for task in tasks for part in task.parts.values()])
        for task in tasks:
            self._begun.pop(task, None)

    def close(self) -> None:
        """End the processes."""
        self._pool.end()
        self._room.close()

    def _finished(self, task: DecodeTask) -> dict[int, str]:
        self._pool.wait(task.parts.values())
        found = [part.result() for part in task.parts.values()]
        del self._begun[task]
        return {place: why for broken in found for place, why in broken.items()}

    def _submit(self, tasks: Iterable[DecodeTask]) -> None:
        deadline = time.monotonic() + SERVER_SECONDS
        while True:
            try:
                for task in tasks:
                    self._submit_rest(task)
                return
            except BrokenProcessPool as death:
                self._replace(death)
                return
            except (EOFError, OSError) as gone:
                # The process that decoders are forked from has died. Another one takes its place
                # only when it has ended, a moment after it ceased to answer.
                if time.monotonic() > deadline:
                    raise BrokenProcessPool from gone
                time.sleep(POLL_SECONDS)
                self._renew()
                tasks = self._begun

    def _submit_rest(self, task: DecodeTask) -> None:
        """What is not decoded yet; all of it, where none is."""
        for at in range(0, len(task.files), self._chunk):
            if at not in task.parts or _is_left(task.parts[at]):
                files = task.files[at : at + self._chunk]
                task.parts[at] = self._pool.submit(decode, task.slot, at, files)

    def _replace(self, death: Exception) -> None:
        """New processes, for all that was begun: the same images in the same slots."""
        self._deaths += 1
        if self._deaths >= DEATHS:
            raise BrokenProcessPool from death
        self._renew()
        self._submit(self._begun)

    def _renew(self) -> None:
        self._pool.end()
        self._pool = Pool(self._workers, self._room)


def _is_left(part: Future[dict[int, str]]) -> bool:
    """Whether the images of a part are still to be decoded."""
    return not part.done() or _is_lost(part)


def _is_lost(part: Future[dict[int, str]]) -> bool:
    """Whether the process that decoded a part has died, or another one of its pool."""
    return part.done() and isinstance(part.exception(), BrokenProcessPool)
