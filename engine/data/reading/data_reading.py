"""Reads images on a thread: finds them, and decodes them early. Loads no torch.

Importing torch takes a second on one core, in which the others decode.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from engine.data.cache.store_opening import OpenedStore
from engine.data.decoding.image_format import ImageFormat
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.kept_copies import progress_told
from engine.data.reading import decoded_images
from engine.data.reading.band_headers import banded_headers, check_bands
from engine.data.reading.decoded_images import DecodedImages
from engine.data.reading.format_choice import common_format, headers_of
from engine.data.reading.image_sizes import sampled
from engine.data.reading.kept_images import kept_or_decoded
from engine.data.reading.rendering_choice import chosen_rendering
from engine.recipes.recipe import Recipe

POLL_SECONDS = 0.05
# The share of unpacking in the fraction done, where something must be unpacked.
UNPACKING = 0.5


class ReadImages(NamedTuple):
    """What a data set holds, the format of its images, and the images if decoded early.

    `sizes` are the widths and heights of a sample of them. `kept` has those that are decoded
    already, and gets the others.
    """

    inventory: Inventory
    image_format: ImageFormat
    decoded: DecodedImages | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    kept: OpenedStore = OpenedStore()


def with_format(inventory: Inventory, recipe: Recipe) -> ReadImages:
    """The data set with the format of its images; see `common_format` and `chosen_rendering`.

    Raises DataError where images have more bands than colours have.
    """
    images = inventory.images
    if recipe.bands:
        headers = banded_headers(images, recipe.bands)
    else:
        headers = headers_of(sampled(images))
        if len(headers) < len(sampled(images)):
            check_bands(images, inventory.place)
    form = common_format(list(headers.values()), recipe)
    rendering, notes = chosen_rendering(headers, recipe)
    inventory = replace(inventory, notes=(*inventory.notes, *notes))
    sizes = tuple(header.size for header in headers.values())
    return ReadImages(inventory, replace(form, rendering=rendering), sizes=sizes)


class DataReading:
    """Reads the images of a recipe, from the construction on.

    Decodes the images early only by processes, which leave this one alone: where they are
    many, and their pixels need at most `room` bytes.
    """

    def __init__(self, recipe: Recipe, room: float = 0.0, code: Path | None = None) -> None:
        """`code` is the folder where a run keeps the code of a user's data set."""
        self._recipe, self._room, self._code = recipe, room, code
        self._fraction, self._stopped = 0.0, threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._work = self._pool.submit(self._read)

    def wait(self) -> Generator[float, None, ReadImages]:
        """Yield the fraction that is unpacked and decoded at least every 100 ms, until all is read.

        Raises what `inventory_of` and `decoded` raise. The reading ends where this generator is
        closed.
        """
        try:
            while not self._work.done():
                wait([self._work], timeout=POLL_SECONDS)
                yield self._fraction
            return self._work.result()
        finally:
            self._stopped.set()
            self._pool.shutdown(wait=False)

    def _read(self) -> ReadImages:
        recipe = self._recipe
        with progress_told(self._note_unpacked):
            inventory = inventory_of(recipe, self._code)
        read = self._ready_to_decode(with_format(inventory, recipe))
        if read.image_format.canvas:
            return read
        count = len(read.inventory.images)
        needed = count * math.prod(read.image_format.shape)
        many = count >= decoded_images.MANY_IMAGES
        if recipe.loader == "streaming" or not many or needed > self._room:
            return read
        return read._replace(decoded=self._decoded(read))

    def _ready_to_decode(self, read: ReadImages) -> ReadImages:
        """What is read so far, once everything is at hand that speeds up the rest."""
        return read

    def _note_unpacked(self, fraction: float) -> None:
        """What must be unpacked first takes half of the progress; of several, none goes back."""
        self._fraction = max(self._fraction, UNPACKING * fraction)

    def _decoded(self, read: ReadImages) -> DecodedImages | None:
        """All images, or None if the reading was stopped."""
        workers = decoded_images.count_decoders(self._recipe)
        work = kept_or_decoded(read.inventory.images, read.image_format, workers, read.kept.slots)
        begun = self._fraction
        while not self._stopped.is_set():
            try:
                self._fraction = begun + (1 - begun) * next(work)
            except StopIteration as finished:
                found: DecodedImages = finished.value
                return found
        work.close()
        return None
