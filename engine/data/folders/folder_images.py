"""Makes the data set of a folder of images: decoded into memory, or streamed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

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
from engine.data.decoding.decode import ImageFormat, Pixels
from engine.data.folders.decoded_files import (
    DecodedFiles,
    count_decoders,
    decode_by_threads,
    decoded,
)
from engine.data.folders.folder_reading import ReadFolder
from engine.data.folders.image_folder import Files, Folder
from engine.errors import DataError
from engine.recipes.recipe import Recipe

BROKEN_SHARE = 0.01
# The number of images of a streamed set that are decoded for the means and standard deviations.
SAMPLE_IMAGES = 1_000

# The standard deviation of images that are all black or all white: one grey level.
LEAST_CONTRAST = 1.01 / 255


def load(read: ReadFolder, recipe: Recipe, room: float) -> Generator[float, None, Dataset]:
    """The images of a folder, yielding the fraction done at least every 100 ms.

    The images stay in memory, or are streamed where they need more than `room` bytes, unless the
    recipe decides. Raises DataError where more than 1 % of the decoded images are broken, or where
    memory is too small.
    """
    folder, image_format, early = read
    fits = bytes_of(len(folder.files), image_format.shape) <= room
    if recipe.loader == "streaming" or (recipe.loader == "auto" and not fits):
        return (yield from load_streamed(folder, image_format))
    files = folder.files
    check_memory(len(files), image_format.channels, image_format.size)
    all_decoded = early or (yield from decoded(files, image_format, count_decoders(recipe)))
    return resident(folder, image_format, all_decoded)


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


def resident(folder: Folder, image_format: ImageFormat, all_decoded: DecodedFiles) -> Dataset:
    """All images of a folder in memory, in place of each broken one the next."""
    files, (pixels, broken, decode_notes) = folder.files, all_decoded
    notes = decode_notes + broken_notes(broken, files, folder.path)
    splits, start = [], 0
    for part in (folder.train, folder.validation, folder.test):
        end = start + len(part)
        gaps = {index - start: why for index, why in broken.items() if start <= index < end}
        splits.append(with_gaps_filled(pixels[start:end], part, gaps, folder.path))
        start = end
    return assemble(folder, splits, splits[0].pixels, notes, image_format.frame)


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
