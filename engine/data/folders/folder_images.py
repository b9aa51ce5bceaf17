"""A folder of images: the form that suits them, and all of them decoded into memory."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from engine.data import data_text
from engine.data.base.dataset import (
    Dataset,
    ImageFiles,
    Images,
    bytes_of,
    channel_statistics,
    check_memory,
    relative_names,
)
from engine.data.decoding.decode import ImageFormat, Pixels, decode_all
from engine.data.decoding.decoders import Decoders
from engine.data.folders.format_choice import form_of, glimpses
from engine.data.folders.image_folder import Files, Folder
from engine.errors import DataError
from engine.recipes.recipe import Recipe

BROKEN_SHARE = 0.01
# Of a streamed set so many images tell the means and deviations.
STATISTICS = 1_000

CHUNK = 64
# So many are decoded at once at least, since some wait for the disk.
AT_ONCE = 8
# So many files repay the start of processes: threads take turns at the interpreter, where small
# files spend most of their time.
MANY = 4_000
# What a process takes at a time, so that what passes between them costs nothing: a twentieth of a
# second for small files.
PORTION = 256


class Decoded(NamedTuple):
    """Pixels (N, C, size, size) of N files, why which of them are broken, and what to tell."""

    pixels: Pixels
    broken: dict[int, str]
    notes: tuple[str, ...] = ()


def load(folder: Folder, recipe: Recipe, room: float) -> Generator[float, None, Dataset]:
    """The images of a folder, yielding the fraction done at least every 100 ms.

    They are kept in memory, or streamed where they need more than `room` bytes, unless the recipe
    says which. Raises DataError where they are kept and more than 1 % are broken, or where memory
    is too small.
    """
    form = form_of(glimpses(folder.files), recipe.size)
    fits = bytes_of(len(folder.files), form.shape) <= room
    if recipe.loader == "streaming" or (recipe.loader == "auto" and not fits):
        return (yield from streamed(folder, form))
    return (yield from kept(folder, form, processes(recipe)))


def streamed(folder: Folder, form: ImageFormat) -> Generator[float, None, Dataset]:
    """The files of a folder, of which no more than a sample is decoded now."""
    sample = folder.train[:: -(-len(folder.train) // STATISTICS)]
    pixels, broken, _ = yield from by_threads(sample, form)
    judged(broken, sample, folder.path)
    mean, std = channel_statistics(whole(pixels, sample, list(broken), folder.path).pixels)
    train, validation, test = (
        ImageFiles(
            folder.path,
            [file for file, _ in files],
            torch.tensor([label for _, label in files], dtype=torch.int64),
            form,
        )
        for files in (folder.train, folder.validation, folder.test)
    )
    return Dataset(
        folder.classes,
        train,
        validation,
        folder.validates,
        mean,
        std,
        unused_note(folder),
        test if len(test) else None,
        form.frame,
    )


def kept(folder: Folder, form: ImageFormat, workers: int) -> Generator[float, None, Dataset]:
    """All images of a folder in memory, but for the broken ones."""
    files = folder.files
    check_memory(len(files), form.channels, form.size)
    many = len(files) >= MANY
    decoding = by_processes(files, form, workers) if many else by_threads(files, form)
    pixels, broken, told = yield from decoding
    notes = told + judged(broken, files, folder.path) + unused_note(folder)
    splits, start = [], 0
    for part in (folder.train, folder.validation, folder.test):
        end = start + len(part)
        holes = [index - start for index in broken if start <= index < end]
        splits.append(whole(pixels[start:end], part, holes, folder.path))
        start = end
    train, validation, test = splits
    mean, std = channel_statistics(train.pixels)
    final = test if len(test) else None
    return Dataset(
        folder.classes, train, validation, folder.validates, mean, std, notes, final, form.frame
    )


def unused_note(folder: Folder) -> tuple[str, ...]:
    return (data_text.unused_validation(folder.unused),) if folder.unused else ()


def processes(recipe: Recipe) -> int:
    """How many decode a folder: one a core at least, unless the recipe says how many."""
    return max(AT_ONCE, torch.get_num_threads()) if recipe.threads == "auto" else recipe.threads


def by_threads(files: Files, form: ImageFormat) -> Generator[float, None, Decoded]:
    """Decode files, yielding the fraction done."""
    pixels = np.empty((len(files), *form.shape), np.uint8)
    broken: dict[int, str] = {}
    starts = range(0, len(files), CHUNK)
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        chunks = [
            pool.submit(decode_all, paths(files, start), form, pixels[start : start + CHUNK])
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
    return Decoded(pixels, broken)


def by_processes(files: Files, form: ImageFormat, workers: int) -> Generator[float, None, Decoded]:
    """As `by_threads`, by so many processes.

    Raises DataError where processes were ended from outside again and again.
    """
    decoders = Decoders(workers, 1, len(files), form, PORTION)
    try:
        task = decoders.begin(0, [file for file, _ in files])
        yield from decoders.progress(task)
        broken = decoders.result(task)
    except BrokenProcessPool as error:
        raise DataError(data_text.decoder_died(workers)) from error
    finally:
        decoders.close()
    deaths = decoders.forgiven()
    notes = (data_text.decoders_replaced(deaths, workers),) if deaths else ()
    return Decoded(decoders.pixels[0], broken, notes)


def paths(files: Files, start: int) -> Sequence[Path]:
    """The files of the chunk that starts here."""
    return [file for file, _ in files[start : start + CHUNK]]


def judged(broken: dict[int, str], files: Files, path: Path) -> tuple[str, ...]:
    """What to tell the user about broken images. Raises DataError where they are too many."""
    if not broken:
        return ()
    first = min(broken)
    name = files[first][0].relative_to(path)
    if len(broken) > BROKEN_SHARE * len(files):
        told = data_text.too_many_broken(len(broken), len(files), path, name, broken[first])
        raise DataError(told)
    return (data_text.some_broken(len(broken), len(files), name, broken[first]),)


def whole(pixels: Pixels, files: Files, broken: list[int], folder: Path) -> Images:
    """The images without the broken ones, whose places the last ones take, without a copy."""
    images = torch.from_numpy(pixels)
    labels = torch.tensor([label for _, label in files], dtype=torch.int64)
    names = [*relative_names((file for file, _ in files), folder)]
    end = len(files)
    for hole in sorted(broken, reverse=True):
        end -= 1
        images[hole], labels[hole], names[hole] = images[end], labels[end], names[end]
    return Images(images[:end], labels[:end], names[:end])
