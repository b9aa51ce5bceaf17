"""Decodes ahead of the training, in processes that are replaced when one dies. Loads no torch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

import numpy as np

from engine import text
from engine.data import data_text
from engine.data.decoding.decode_buffer import CannotStartError, DecodeBuffer
from engine.data.decoding.decoder_workers import DecoderPool, decode
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.making import ANEW, Making
from engine.data.stored.stored_image import StoredImage

# The number of images that one process decodes at a time. Several processes share a task, so that
# the first batch of an epoch is ready soon.
DECODE_CHUNK = 32
# After this many deaths in an epoch, or two while the same images are decoded, the work itself is
# probably the cause.
MOST_DEATHS = 3
# After so many images at which a process crashed, the images are probably not the cause.
MOST_CRASHES = 10
# The longest wait for the fork server.
SERVER_SECONDS, POLL_SECONDS = 5.0, 0.01
PROGRESS_SECONDS = 0.05


@dataclass(eq=False)
class DecodeTask:
    """Images that are being decoded into a slot, from position `start` on."""

    slot: int
    images: Sequence[StoredImage]
    start: int = 0
    making: Making = ANEW
    # The decoding of each chunk, by the index of its first image.
    parts: dict[int, Future[dict[int, str]]] = field(default_factory=dict)


class Decoders:
    """Decoding processes, and a buffer for `slots` tasks of `batch` images each.

    A process decodes `chunk` images of a task at a time. `pixels` is (slots, batch, C, H, W), and
    `outside` is that of `DecodeBuffer`.
    """

    def __init__(
        self,
        workers: int,
        slots: int,
        batch: int,
        image_format: ImageFormat,
        chunk: int = DECODE_CHUNK,
        module: str = "",
    ) -> None:
        """The `view` of a `module` makes the pixels, if one is named."""
        self._workers, self._chunk, self._module = workers, chunk, module
        self._buffer = DecodeBuffer.zeroed(slots, batch, image_format)
        self.pixels, self.outside = self._buffer.pixels, self._buffer.outside
        self._deaths = 0
        # The images at which a process crashed, and why they are broken.
        self._crashed: dict[StoredImage, str] = {}
        self._unfinished: dict[DecodeTask, None] = {}
        self._pool = DecoderPool(workers, self._buffer, module)

    def views(self, slot: int, side: int) -> Pixels:
        """The pixels (batch, C, side, side) of a slot, as `DecodeBuffer.views`."""
        return self._buffer.views(slot, side)

    def submit(
        self,
        slot: int,
        images: Sequence[StoredImage],
        start: int = 0,
        making: Making = ANEW,
    ) -> DecodeTask:
        """Start decoding images into a free slot. Raises BrokenProcessPool as `result`."""
        task = DecodeTask(slot, images, start, making)
        self._buffer.wanted[slot] = True
        self._buffer.decoding[slot] = 0
        self._unfinished[task] = None
        self._submit([task])
        return task

    def progress(self, task: DecodeTask) -> Iterator[float]:
        """Yield the decoded share now and then, until `result` need not wait.

        Raises BrokenProcessPool as `result`.
        """
        while left := [part for part in task.parts.values() if _is_unfinished(part)]:
            yield 1 - len(left) / len(task.parts)
            if not self._pool.all_alive or any(_is_lost(part) for part in left):
                self._replace(BrokenProcessPool())
            else:
                wait(left[:1], PROGRESS_SECONDS)

    def result(self, task: DecodeTask) -> dict[int, str]:
        """Wait until all images are decoded; returns why some are broken, by position.

        An image at which a process crashed is broken. Raises BrokenProcessPool where processes die
        again and again.
        """
        most = min(MOST_DEATHS, self._deaths + 2)
        while True:
            try:
                return self._finished(task)
            except BrokenProcessPool as death:
                self._replace(death, most)

    def decode_one(self, slot: int, position: int, image: StoredImage, making: Making) -> str:
        """Decode an image into a slot whose task is finished; returns why it is broken, or "".

        Raises BrokenProcessPool as `result`.
        """
        return self.result(self.submit(slot, [image], position, making)).get(position, "")

    @property
    def why_died(self) -> str:
        """The sentence about processes that died again and again."""
        if len(self._crashed) >= MOST_CRASHES:
            crashed = {image.name: why for image, why in self._crashed.items()}
            return data_text.decoder_crashed(crashed)
        return data_text.decoder_died(self._workers)

    def pop_replacements(self) -> int:
        """The number of deaths since the last call; after each, all processes were replaced.

        A crash in an image is not among them.
        """
        deaths, self._deaths = self._deaths, 0
        return deaths

    def release(self, tasks: Sequence[DecodeTask]) -> None:
        """Free the slots of tasks that are finished or no longer needed.

        The buffer tells the processes to skip them. Cancelled futures would break the executor of
        Python 3.11 when a process dies.
        """
        for task in tasks:
            self._buffer.wanted[task.slot] = False
        with contextlib.suppress(BrokenProcessPool):  # the next `submit` raises it
            self._pool.wait([part for task in tasks for part in task.parts.values()])
        for task in tasks:
            self._unfinished.pop(task, None)

    def close(self) -> None:
        """End the processes and free the buffer."""
        self._pool.end()
        self._buffer.close()

    def _finished(self, task: DecodeTask) -> dict[int, str]:
        self._pool.wait(task.parts.values())
        found = [part.result() for part in task.parts.values()]
        del self._unfinished[task]
        return {index: why for broken in found for index, why in broken.items()}

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
                # The fork server has died. A new one starts only when the old process has ended, a
                # moment after it stopped answering.
                if time.monotonic() > deadline:
                    raise CannotStartError(
                        data_text.no_decoders(text.error_summary(gone))
                    ) from gone
                time.sleep(POLL_SECONDS)
                self._renew()
                tasks = self._unfinished

    def _submit_rest(self, task: DecodeTask) -> None:
        """Submit the parts of a task that are not decoded yet."""
        for at in range(0, len(task.images), self._chunk):
            if at not in task.parts or _is_unfinished(task.parts[at]):
                images = task.images[at : at + self._chunk]
                known = {each: self._crashed[each] for each in images if each in self._crashed}
                place = task.slot, task.start + at
                making = task.making.part(at, at + self._chunk)
                task.parts[at] = self._pool.submit(decode, *place, images, known, making)

    def _replace(self, death: Exception, most: int = MOST_DEATHS) -> None:
        """Start new processes, which decode all unfinished tasks into the same slots.

        Raises BrokenProcessPool where this is one of `most` deaths.
        """
        crashed = self._crashed_at(self._pool.end())
        self._crashed |= crashed
        if len(self._crashed) >= MOST_CRASHES or (not crashed and self._deaths + 1 >= most):
            raise BrokenProcessPool from death
        self._deaths += not crashed
        self._renew()
        self._submit(self._unfinished)

    def _crashed_at(self, signals: Mapping[int, int]) -> dict[StoredImage, str]:
        """The images at which the processes of these pids crashed, and why they are broken."""
        tasks, decoding = {task.slot: task for task in self._unfinished}, self._buffer.decoding
        return {
            tasks[slot].images[at - tasks[slot].start]: data_text.decoder_crashes(
                signals[int(decoding[slot, at])]
            )
            for slot, at in np.argwhere(np.isin(decoding, [*signals])).tolist()
            if slot in tasks
        }

    def _renew(self) -> None:
        self._pool.end()
        self._buffer.decoding[:] = 0
        self._pool = DecoderPool(self._workers, self._buffer, self._module)


def _is_unfinished(part: Future[dict[int, str]]) -> bool:
    """Whether images of a part still have to be decoded."""
    return not part.done() or _is_lost(part)


def _is_lost(part: Future[dict[int, str]]) -> bool:
    """Whether a part was lost because a process of its pool died."""
    return part.done() and isinstance(part.exception(), BrokenProcessPool)
