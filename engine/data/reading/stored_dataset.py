"""Makes a data set of stored images: decoded into memory, or streamed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine import text
from engine.data import data_text
from engine.data.base.dataset import (
    MOST_BROKEN_IN_A_ROW,
    Dataset,
    Images,
    Split,
    StoredImages,
    all_constant,
    bytes_of,
    channel_statistics,
    check_memory,
)
from engine.data.cache.sealing import Sealing
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.making import Making
from engine.data.inventory.inventory import Inventory
from engine.data.reading import broken_list
from engine.data.reading.data_reading import ReadImages
from engine.data.reading.decoded_images import (
    DecodedImages,
    all_notes,
    count_decoders,
    decode_by_threads,
)
from engine.data.reading.kept_images import kept_or_decoded
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError, UndecidedError
from engine.recipes.recipe import IfBroken, Recipe

BROKEN_SHARE = 0.01
# The number of images of a streamed set that are decoded for the means and standard deviations.
SAMPLE_IMAGES = 1_000


def load(read: ReadImages, recipe: Recipe, room: float) -> Generator[float, None, Dataset]:
    """The images of a data set, yielding the fraction done at least every 100 ms.

    The images stay in memory, or are streamed where they need more than `room` bytes, unless the
    recipe decides. Raises DataError where more than 1 % of the decoded images are broken, unless
    the recipe skips them, or where memory is too small.
    """
    dataset = yield from _load(read, recipe, room)
    layout, remarks = read.inventory.layout, (*dataset.remarks, *read.kept.told)
    return replace(dataset, layout=layout, sampled_sizes=read.sizes, remarks=remarks)


def _load(read: ReadImages, recipe: Recipe, room: float) -> Generator[float, None, Dataset]:
    inventory, image_format, slots = read.inventory, read.image_format, read.kept.slots
    fits = bytes_of(len(inventory.images), image_format.shape) <= room
    streams = recipe.loader == "streaming" or image_format.canvas > 0
    if streams or (recipe.loader == "auto" and not fits):
        return (yield from load_streamed(read, recipe.broken))
    images = inventory.images
    check_memory(len(images), image_format.channels, image_format.size)
    workers = count_decoders(recipe)
    decoded = read.decoded
    all_decoded = decoded or (yield from kept_or_decoded(images, image_format, workers, slots))
    if slots is not None:
        Sealing(slots.store).begin()  # closes the store when nothing else has it
    return resident(inventory, image_format, all_decoded, recipe.broken)


def load_streamed(read: ReadImages, if_broken: IfBroken) -> Generator[float, None, Dataset]:
    """The images where they lie; decodes only a sample now, for the statistics."""
    inventory, image_format, slots = read.inventory, read.image_format, read.kept.slots
    step = -(-len(inventory.train) // SAMPLE_IMAGES)
    sample = inventory.train[::step]
    making = Making(slots and slots.kept(slice(0, len(inventory.train), step)))
    found_sample = yield from decode_by_threads(sample, image_format, making)
    pixels, broken, *_ = found_sample
    sample_notes = all_notes(found_sample, image_format)
    tried = data_text.TRIED_IMAGES
    found = broken_notes(broken, sample, tried, inventory.place, if_broken)
    # The loader tells of each broken image; a large part of them should be known at once.
    notes = sample_notes + (found if len(broken) > BROKEN_SHARE * len(sample) else ())
    sampled = with_gaps_filled(pixels, sample, broken, inventory.place)
    splits, start = [], 0
    for images in (inventory.train, inventory.validation, inventory.test):
        end = start + len(images)
        stored = StoredImages(
            inventory.place,
            [image for image, _ in images],
            torch.tensor([label for _, label in images], dtype=torch.int64),
            image_format,
            most_in_a_row=len(images) if if_broken == "skip" else MOST_BROKEN_IN_A_ROW,
            slots=slots and slots.part(start, end),
        )
        splits.append(stored)
        start = end
    return assemble(inventory, splits, sampled.pixels, notes, image_format)


def resident(
    inventory: Inventory,
    image_format: ImageFormat,
    all_decoded: DecodedImages,
    if_broken: IfBroken,
) -> Dataset:
    """All images of a data set in memory, in place of each broken one the next."""
    images, (pixels, broken, *_) = inventory.images, all_decoded
    notes = all_notes(all_decoded, image_format) + broken_notes(
        broken, images, data_text.IMAGES, inventory.place, if_broken
    )
    splits, start = [], 0
    for part in (inventory.train, inventory.validation, inventory.test):
        end = start + len(part)
        gaps = {index - start: why for index, why in broken.items() if start <= index < end}
        splits.append(with_gaps_filled(pixels[start:end], part, gaps, inventory.place))
        start = end
    return assemble(inventory, splits, splits[0].pixels, notes, image_format)


def assemble(
    inventory: Inventory,
    splits: Sequence[Split],
    sample: Tensor,
    notes: tuple[str, ...],
    image_format: ImageFormat,
) -> Dataset:
    """The data set of these splits, with the statistics of a sample (N, C, H, W) of its pixels."""
    train, validation, test = splits
    mean, std = channel_statistics(sample)
    notes += inventory.notes
    final = test if len(test) else None
    return Dataset(
        inventory.classes,
        train,
        validation,
        inventory.validates,
        mean,
        std,
        image_format,
        notes,
        test=final,
        constant=all_constant(sample),
        remarks=inventory.remarks,
        decided=inventory.decided,
    )


def broken_notes(
    broken: dict[int, str],
    images: LabelledImages,
    called: str,
    place: str,
    if_broken: IfBroken,
) -> tuple[str, ...]:
    """Notes for the user on broken images, with a file that lists them.

    `called` is what `data_text.too_many_broken` calls the images.

    Raises DataError where there are too many, unless they are skipped.
    """
    if not broken:
        return ()
    named = by_name(broken, images)
    listed = broken_list.write(place, named) if len(named) > text.EXAMPLES else None
    if len(broken) > BROKEN_SHARE * len(images) and if_broken == "stop":
        sentence = data_text.too_many_broken(len(images), called, place, named, listed)
        raise UndecidedError(sentence, (data_text.SKIP_BROKEN,))
    return (data_text.some_broken(len(images), called, named, listed),)


def by_name(broken: dict[int, str], images: LabelledImages) -> dict[str, str]:
    """Why images are broken, by their names, in order."""
    return {images[index][0].name: broken[index] for index in sorted(broken)}


def with_gaps_filled(
    pixels: Pixels, stored: LabelledImages, broken: dict[int, str], place: str
) -> Images:
    """The images of a split; the next one stands in for a broken one, as in streamed sets.

    Raises DataError where all are broken.
    """
    count = len(stored)
    if stored and len(broken) == count:
        raise DataError(data_text.none_readable(place, by_name(broken, stored)))
    images, shown = torch.from_numpy(pixels), torch.arange(count)
    labels = torch.tensor([label for _, label in stored], dtype=torch.int64)
    source = min(index for index in range(count) if index not in broken) if broken else 0
    for index in reversed(range(count) if broken else ()):
        if index in broken:
            shown[index], images[index] = source, images[source]
        else:
            source = index
    return Images(images, labels, [image for image, _ in stored], shown if broken else None)
