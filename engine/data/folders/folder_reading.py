"""Reads a folder of images on a thread: finds the files, and decodes them early. Loads no torch.

Importing torch takes a second on one core, in which the others decode.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Literal, NamedTuple

from engine.data.decoding import decoder_workers
from engine.data.decoding.decode import ImageFormat
from engine.data.folders import decoded_files
from engine.data.folders.decoded_files import DecodedFiles
from engine.data.folders.format_choice import common_format, sample_headers
from engine.data.folders.image_folder import Folder, holds_many, scan
from engine.recipes.recipe import Recipe

POLL_SECONDS = 0.05


class ReadFolder(NamedTuple):
    """What is in a folder, the common format of its images, and the images if decoded early."""

    folder: Folder
    image_format: ImageFormat
    decoded: DecodedFiles | None = None


def with_format(folder: Folder, size: int | Literal["auto"]) -> ReadFolder:
    """The folder with the format of its images; see `common_format`."""
    return ReadFolder(folder, common_format(sample_headers(folder.files), size))


class FolderReading:
    """Reads the folder of a recipe, from the construction on.

    Decodes the images early only by processes, which leave this one alone: where the files are
    many, and their pixels need at most `room` bytes.
    """

    def __init__(self, recipe: Recipe, room: float = 0.0) -> None:
        self._recipe, self._room = recipe, room
        self._fraction, self._stopped = 0.0, threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._work = self._pool.submit(self._read)

    def wait(self) -> Generator[float, None, ReadFolder]:
        """Yield the decoded fraction at least every 100 ms, until all is read.

        Raises what `scan` and `decoded` raise. The reading ends where this generator is closed.
        """
        try:
            while not self._work.done():
                wait([self._work], timeout=POLL_SECONDS)
                yield self._fraction
            return self._work.result()
        finally:
            self._stopped.set()
            self._pool.shutdown(wait=False)

    def _read(self) -> ReadFolder:
        recipe, path = self._recipe, Path(self._recipe.data)
        if holds_many(path, decoded_files.MANY_FILES):
            decoder_workers.prepare()  # it starts while the files are found
        read = with_format(scan(path, recipe.seed, recipe.holdout), recipe.size)
        needed = len(read.folder.files) * math.prod(read.image_format.shape)
        many = len(read.folder.files) >= decoded_files.MANY_FILES
        if recipe.loader == "streaming" or not many or needed > self._room:
            return read
        return read._replace(decoded=self._decoded(read.folder, read.image_format))

    def _decoded(self, folder: Folder, image_format: ImageFormat) -> DecodedFiles | None:
        """All images, or None if the reading was stopped."""
        workers = decoded_files.count_decoders(self._recipe)
        work = decoded_files.decoded(folder.files, image_format, workers)
        while not self._stopped.is_set():
            try:
                self._fraction = next(work)
            except StopIteration as finished:
                found: DecodedFiles = finished.value
                return found
        work.close()
        return None
