"""Takes the fingerprints of all images, by threads, or by processes where there are many."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeAlias

import numpy as np

from engine.data import data_text
from engine.data.decoding.decode_buffer import CannotStartError
from engine.data.decoding.decoder_workers import DecoderPool
from engine.data.decoding.decoders import MOST_CRASHES
from engine.data.decoding.image_format import AS_IN_FILE
from engine.data.decoding.rendering import Rendering
from engine.data.reading.decoded_images import MANY_IMAGES, PROCESS_CHUNK, THREADS
from engine.data.stored.stored_image import StoredImage
from engine.data.survey.fingerprint import FINGERPRINT, Fingerprints, fingerprints
from engine.errors import DataError

POLL_SECONDS = 0.05
Part: TypeAlias = tuple[Fingerprints, dict[int, str]]


class Fingerprinting:
    """The fingerprints (N,) of images, and why some are broken, by index."""

    def __init__(self, images: Sequence[StoredImage], rendering: Rendering = AS_IN_FILE) -> None:
        self._images, self._rendering = images, rendering
        self.found, self.broken = np.zeros(len(images), FINGERPRINT), dict[int, str]()
        # The images that are still to be looked at: the ends of chunks by their starts.
        starts = range(0, len(images), PROCESS_CHUNK)
        self._waiting = {at: min(at + PROCESS_CHUNK, len(images)) for at in starts}

    def take(self, workers: int) -> Generator[float, None, None]:
        """Take all fingerprints; yields the share that is done.

        Raises DataError where processes die again and again.
        """
        if len(self._images) >= MANY_IMAGES:
            with contextlib.suppress(CannotStartError):  # threads take longer
                yield from self._by_processes(workers)
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                yield from self._collect(pool)
            finally:
                pool.shutdown(cancel_futures=True)

    def _by_processes(self, workers: int) -> Generator[float, None, None]:
        """After a crash, a single process goes on: the first chunk that it leaves is to blame."""
        crashes = 0
        while self._waiting:
            pool = DecoderPool(workers)
            try:
                yield from self._collect(pool)
            except BrokenProcessPool as death:
                if workers == 1:
                    crashes += self._split_first()
                if crashes >= MOST_CRASHES:
                    raise DataError(data_text.decoder_died(1)) from death
                workers = 1
            finally:
                pool.end()

    def _collect(self, pool: ThreadPoolExecutor | DecoderPool) -> Generator[float, None, None]:
        parts: dict[int, Future[Part]] = {
            start: pool.submit(fingerprints, self._images[start:end], self._rendering)
            for start, end in sorted(self._waiting.items())
        }
        for start, part in parts.items():
            while not part.done():
                wait([part], POLL_SECONDS)
                if isinstance(pool, DecoderPool) and not pool.all_alive:
                    raise BrokenProcessPool
                yield start / len(self._images)
            found, broken = part.result()
            self.found[start : self._waiting.pop(start)] = found
            self.broken |= {start + index: why for index, why in broken.items()}

    def _split_first(self) -> bool:
        """Halve the chunk that ended a process; a single image is broken, which is returned."""
        start = min(self._waiting)
        end = self._waiting.pop(start)
        if end - start == 1:
            self.broken[start] = data_text.CRASHES
            return True
        middle = (start + end) // 2
        self._waiting |= {start: middle, middle: end}
        return False
