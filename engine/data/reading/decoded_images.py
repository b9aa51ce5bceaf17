"""Decodes stored images, by processes or by threads. Loads no torch."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

import numpy as np

from engine.data import data_text
from engine.data.decoding.decode import decode_all
from engine.data.decoding.decode_buffer import CannotStartError
from engine.data.decoding.decoders import Decoders
from engine.data.decoding.image_format import ImageFormat, Pixels, Shares
from engine.data.decoding.making import ANEW, Making
from engine.data.reading import copied_rows
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.errors import DataError
from engine.machine.cgroups import computing_cores
from engine.recipes.recipe import Recipe

CHUNK = 64
# The number of decoding threads. It may exceed the cores, since some threads wait for the disk.
THREADS = 8
# The fewest decoding processes, for the same reason. More of them cost a start on two cores 3 %.
PROCESSES = 4
# From this number of images on, starting processes pays off. Threads share one interpreter, which
# small images keep busy for most of their time.
MANY_IMAGES = 4_000
# The number of images that a process decodes at a time. Small ones take a twentieth of a second, so
# communication costs little.
PROCESS_CHUNK = 256
# Where a larger share of the values is outside the levels, they probably do not suit the images.
MOST_OUTSIDE = 0.01


class DecodedImages(NamedTuple):
    """Pixels (N, C, size, size) of N images, why some are broken (by index), and notes.

    `outside` (N,) is the share of the values of each that are outside the levels. `pixels` may be
    longer: it then has room for more images.
    """

    pixels: Pixels
    broken: dict[int, str]
    notes: tuple[str, ...] = ()
    outside: Shares | None = None


def decoded(
    images: LabelledImages, image_format: ImageFormat, workers: int, length: int = 0
) -> Generator[float, None, DecodedImages]:
    """Decode images by processes where there are many, by threads where processes cannot start.

    Rows of arrays that are as the network wants them are only copied. The pixels have room for
    `length` images, if there are fewer.
    """
    if copied_rows.can_copy(images, image_format):
        pixels, broken = yield from copied_rows.copied(images, image_format, length)
        return DecodedImages(pixels, broken)
    if len(images) < MANY_IMAGES:
        return (yield from decode_by_threads(images, image_format, length=length))
    try:
        return (yield from decode_by_processes(images, image_format, workers, length))
    except CannotStartError as error:
        found = yield from decode_by_threads(images, image_format, length=length)
        notes = (*found.notes, data_text.decoded_by_threads(str(error)))
        return found._replace(notes=notes)


def count_decoders(recipe: Recipe) -> int:
    """The number of processes that decode images: the recipe's, or at least one for each core.

    The processes of a run on one machine share its cores: `OMP_NUM_THREADS` is the share of each.
    """
    if recipe.threads != "auto":
        return recipe.threads
    share = os.environ.get("OMP_NUM_THREADS", "")
    return max(PROCESSES, int(share) if share.isdecimal() else computing_cores())


def decode_by_threads(
    images: LabelledImages, image_format: ImageFormat, making: Making = ANEW, length: int = 0
) -> Generator[float, None, DecodedImages]:
    """Decode images, or take what is kept of them; yields the fraction done.

    The pixels have room for `length` images, if there are fewer.
    """
    pixels = np.empty((max(length, len(images)), *image_format.shape), np.uint8)
    targets, outside = pixels[: len(images)], np.zeros(len(images), np.float32)
    broken: dict[int, str] = {}
    starts = range(0, len(images), CHUNK)
    pool = ThreadPoolExecutor(THREADS)
    try:
        chunks = [
            pool.submit(
                decode_all,
                chunk_of(images, start),
                image_format,
                targets[start : start + CHUNK],
                outside[start : start + CHUNK],
                making.part(start, start + CHUNK),
            )
            for start in starts
        ]
        for start, chunk in zip(starts, chunks, strict=True):
            while not chunk.done():
                wait([chunk], timeout=0.05)
                yield start / len(images)
            broken |= {start + index: why for index, why in chunk.result().items()}
            yield start / len(images)
    finally:
        pool.shutdown(cancel_futures=True)
    return DecodedImages(pixels, broken, outside=outside)


def decode_by_processes(
    images: LabelledImages, image_format: ImageFormat, workers: int, length: int = 0
) -> Generator[float, None, DecodedImages]:
    """The same with `workers` processes.

    Raises DataError where processes die again and again.
    """
    count = len(images)
    decoders = Decoders(workers, 1, max(length, count), image_format, PROCESS_CHUNK)
    try:
        task = decoders.submit(0, [image for image, _ in images])
        yield from decoders.progress(task)
        broken = decoders.result(task)
    except BrokenProcessPool as error:
        raise DataError(decoders.why_died) from error
    finally:
        decoders.close()
    deaths = decoders.pop_replacements()
    notes = (data_text.decoders_replaced(deaths, workers),) if deaths else ()
    return DecodedImages(decoders.pixels[0], broken, notes, decoders.outside[0, :count])


def all_notes(found: DecodedImages, image_format: ImageFormat) -> tuple[str, ...]:
    """Its notes, and one where many values of the images are outside the levels."""
    levels, outside = image_format.rendering.levels, found.outside
    share = float(outside.mean()) if levels and outside is not None and len(outside) else 0.0
    if share <= MOST_OUTSIDE:
        return found.notes
    return (data_text.values_outside(share, *levels), *found.notes)


def chunk_of(images: LabelledImages, start: int) -> Sequence[StoredImage]:
    """The images of the chunk that starts here."""
    return [image for image, _ in images[start : start + CHUNK]]
