"""Makes the data set of a folder of images: decoded into memory, or streamed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.data import data_text
from engine.data.base.dataset import (
    Dataset,
    ImageFiles,
    Images,
    Split,
    bytes_of,
    channel_statistics,
    check_memory,
    relative_names,
)
from engine.data.decoding.decode import ImageFormat, Pixels, decode_all
from engine.data.decoding.decoder_workers import CannotStartError
from engine.data.decoding.decoders import Decoders
from engine.data.folders.format_choice import common_format, sample_headers
from engine.data.folders.image_folder import Files, Folder
from engine.errors import DataError
from engine.recipes.recipe import Recipe

BROKEN_SHARE = 0.01
# The number of images of a streamed set that are decoded for the means and standard deviations.
SAMPLE_IMAGES = 1_000

# The standard deviation of images that are all black or all white: one grey level.
LEAST_CONTRAST = 1.01 / 255

CHUNK = 64
# The number of decoding threads. It may exceed the cores, since some threads wait for the disk.
THREADS = 8
# From this number of files on, starting processes pays off. Threads share one interpreter, which
# small files keep busy for most of their time.
MANY_FILES = 4_000
# The number of files that a process decodes at a time. Small files take a twentieth of a second, so
# communication costs little.
PROCESS_CHUNK = 256


class DecodedFiles(NamedTuple):
    """Pixels (N, C, size, size) of N files, why some are broken (by index), and notes."""

    pixels: Pixels
    broken: dict[int, str]
    notes: tuple[str, ...] = ()


def load(folder: Folder, recipe: Recipe, room: float) -> Generator[float, None, Dataset]:
    """The images of a folder, yielding the fraction done at least every 100 ms.

    The images stay in memory, or are streamed where they need more than `room` bytes, unless the
    recipe decides. Raises DataError where more than 1 % of the decoded images are broken, or where
    memory is too small.
    """
    image_format = common_format(sample_headers(folder.files), recipe.size)
    fits = bytes_of(len(folder.files), image_format.shape) <= room
    if recipe.loader == "streaming" or (recipe.loader == "auto" and not fits):
        return (yield from load_streamed(folder, image_format))
    return (yield from load_resident(folder, image_format, count_decoders(recipe)))


def load_streamed(folder: Folder, image_format: ImageFormat) -> Generator[float, None, Dataset]:
    """The files of a folder; decodes only a sample now, for the statistics."""
    sample = folder.train[:: -(-len(folder.train) // SAMPLE_IMAGES)]
    pixels, broken, _ = yield from decode_by_threads(sample, image_format)
    broken_notes(broken, sample, folder.path)
    sampled = with_gaps_filled(pixels, sample, broken, folder.path)
    splits = [
        ImageFiles(
            folder.path,
            [file for file, _ in files],
            torch.tensor([label for _, label in files], dtype=torch.int64),
            image_format,
        )
        for files in (folder.train, folder.validation, folder.test)
    ]
    return assemble(folder, splits, sampled.pixels, (), image_format.frame)


def load_resident(
    folder: Folder, image_format: ImageFormat, workers: int
) -> Generator[float, None, Dataset]:
    """All images of a folder in memory, in place of each broken one the next."""
    files = folder.files
    check_memory(len(files), image_format.channels, image_format.size)
    pixels, broken, decode_notes = yield from decoded(files, image_format, workers)
    notes = decode_notes + broken_notes(broken, files, folder.path)
    splits, start = [], 0
    for part in (folder.train, folder.validation, folder.test):
        end = start + len(part)
        gaps = {index - start: why for index, why in broken.items() if start <= index < end}
        splits.append(with_gaps_filled(pixels[start:end], part, gaps, folder.path))
        start = end
    return assemble(folder, splits, splits[0].pixels, notes, image_format.frame)


def decoded(
    files: Files, image_format: ImageFormat, workers: int
) -> Generator[float, None, DecodedFiles]:
    """Decode files by processes where there are many, by threads where processes cannot start."""
    if len(files) < MANY_FILES:
        return (yield from decode_by_threads(files, image_format))
    try:
        return (yield from decode_by_processes(files, image_format, workers))
    except CannotStartError as error:
        pixels, broken, _ = yield from decode_by_threads(files, image_format)
        return DecodedFiles(pixels, broken, (data_text.decoded_by_threads(str(error)),))


def assemble(
    folder: Folder, splits: Sequence[Split], sample: Tensor, notes: tuple[str, ...], frame: int
) -> Dataset:
    """The data set of these splits, with the statistics of a sample (N, C, H, W) of its pixels."""
    train, validation, test = splits
    mean, std = channel_statistics(sample)
    if max(std) <= LEAST_CONTRAST:
        notes += (data_text.no_contrast(folder.path),)
    if folder.unused:
        notes += (data_text.unused_validation(folder.unused),)
    final = test if len(test) else None
    return Dataset(
        folder.classes,
        *(train, validation, folder.validates, mean, std, notes, final, frame),
    )


def count_decoders(recipe: Recipe) -> int:
    """The number of processes that decode a folder: the recipe's, or at least one for each core."""
    return max(THREADS, torch.get_num_threads()) if recipe.threads == "auto" else recipe.threads


def decode_by_threads(
    files: Files, image_format: ImageFormat
) -> Generator[float, None, DecodedFiles]:
    """Decode files, yielding the fraction done."""
    pixels = np.empty((len(files), *image_format.shape), np.uint8)
    broken: dict[int, str] = {}
    starts = range(0, len(files), CHUNK)
    pool = ThreadPoolExecutor(THREADS)
    try:
        chunks = [
            pool.submit(
                decode_all, chunk_paths(files, start), image_format, pixels[start : start + CHUNK]
            )
            for start in starts
        ]
        for start, chunk in zip(starts, chunks, strict=True):
            while not chunk.done():
                wait([chunk], timeout=0.05)
                yield start / len(files)
            broken |= {start + index: why for index, why in chunk.result().items()}
            yield start / len(files)
    finally:
        pool.shutdown(cancel_futures=True)
    return DecodedFiles(pixels, broken)


def decode_by_processes(
    files: Files, image_format: ImageFormat, workers: int
) -> Generator[float, None, DecodedFiles]:
    """The same with `workers` processes.

    Raises DataError where processes die again and again.
    """
    decoders = Decoders(workers, 1, len(files), image_format, PROCESS_CHUNK)
    try:
        task = decoders.submit(0, [file for file, _ in files])
        yield from decoders.progress(task)
        broken = decoders.result(task)
    except BrokenProcessPool as error:
        raise DataError(decoders.why_died) from error
    finally:
        decoders.close()
    deaths = decoders.pop_replacements()
    notes = (data_text.decoders_replaced(deaths, workers),) if deaths else ()
    return DecodedFiles(decoders.pixels[0], broken, notes)


def chunk_paths(files: Files, start: int) -> Sequence[Path]:
    """The files of the chunk that starts here."""
    return [file for file, _ in files[start : start + CHUNK]]


def broken_notes(broken: dict[int, str], files: Files, path: Path) -> tuple[str, ...]:
    """Notes for the user on broken images. Raises DataError where there are too many."""
    if not broken:
        return ()
    named = by_name(broken, files, path)
    if len(broken) > BROKEN_SHARE * len(files):
        raise DataError(data_text.too_many_broken(len(files), path, named))
    return (data_text.some_broken(len(files), named),)


def by_name(broken: dict[int, str], files: Files, path: Path) -> dict[str, str]:
    """Why images are broken, by their names relative to the data folder, in order."""
    at = sorted(broken)
    names = relative_names((files[index][0] for index in at), path)
    return {name: broken[index] for name, index in zip(names, at, strict=True)}


def with_gaps_filled(pixels: Pixels, files: Files, broken: dict[int, str], path: Path) -> Images:
    """The images of a split; the next one takes the place of a broken one, as in streamed sets.

    Raises DataError where all are broken.
    """
    count = len(files)
    if files and len(broken) == count:
        raise DataError(data_text.none_readable(path, by_name(broken, files, path)))
    images = torch.from_numpy(pixels)
    labels = torch.tensor([label for _, label in files], dtype=torch.int64)
    for gap in broken:
        following = (at % count for at in range(gap + 1, gap + count))
        source = next(at for at in following if at not in broken)
        images[gap], labels[gap] = images[source], labels[source]
    return Images(images, labels, relative_names((file for file, _ in files), path))
