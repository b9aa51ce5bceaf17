"""The pixels of a split in batches, in order, where no loader of a training is at hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import torch
from torch import Tensor

from engine.data.base.dataset import LEFT_OUT, Images, Split, StoredImages
from engine.data.decoding.decode import Pixels
from engine.data.decoding.decode_buffer import CannotStartError
from engine.data.decoding.decoders import Decoders, DecodeTask
from engine.data.reading import decoded_images
from engine.errors import DataError
from engine.recipes.recipe import Recipe

# One batch is used while the next one is decoded.
SLOTS = 2


def pixel_batches(split: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Pixels (up to `batch`, C, H, W) uint8 of all images, and their labels (N,) int64, in order.

    The label of an image that cannot be read is `LEFT_OUT`; `StoredImages.broken` says why. Images
    on disk are decoded a batch ahead: many by processes, so that an image at which one crashes is
    only broken. Raises DataError where processes die again and again.
    """
    if isinstance(split, Images):
        pairs = zip(
            torch.split(split.pixels, batch),
            torch.split(split.evaluated_labels, batch),
            strict=True,
        )
        yield from pairs
        return
    if len(split) < decoded_images.MANY_IMAGES:
        yield from _by_threads(split, range(0, len(split), batch))
    else:
        yield from _by_either(split, range(0, len(split), batch))


def _by_either(split: StoredImages, starts: range) -> Iterator[tuple[Tensor, Tensor]]:
    """By processes; where these cannot start, by threads."""
    done = 0
    try:
        for batch in _by_processes(split, starts):
            done += 1
            yield batch
    except CannotStartError:
        yield from _by_threads(split, starts[done:])


def _by_threads(split: StoredImages, starts: range) -> Iterator[tuple[Tensor, Tensor]]:
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(_decoded, split, start, starts.step) for start in starts[:1]]
        for following in (*starts[1:], None):
            decoded = coming.pop()
            if following is not None:
                coming.append(ahead.submit(_decoded, split, following, starts.step))
            yield decoded.result()


def _decoded(split: StoredImages, start: int, batch: int) -> tuple[Tensor, Tensor]:
    images = split.stored[start : start + batch]
    work = decoded_images.decode_by_threads([(image, 0) for image in images], split.image_format)
    while True:
        try:
            next(work)
        except StopIteration as finished:
            pixels, broken, _ = finished.value
            return _noted(split, start, pixels, broken)


def _by_processes(split: StoredImages, starts: range) -> Iterator[tuple[Tensor, Tensor]]:
    workers = decoded_images.count_decoders(Recipe())
    decoders = Decoders(workers, SLOTS, starts.step, split.image_format)
    try:
        tasks: deque[tuple[int, DecodeTask]] = deque()
        for number, start in enumerate(starts):
            images = split.stored[start : start + starts.step]
            tasks.append((start, decoders.submit(number % SLOTS, images)))
            if len(tasks) == SLOTS:
                yield _taken(split, decoders, *tasks.popleft())
        while tasks:
            yield _taken(split, decoders, *tasks.popleft())
    except BrokenProcessPool as error:
        raise DataError(decoders.why_died) from error
    finally:
        decoders.close()


def _taken(
    split: StoredImages, decoders: Decoders, start: int, task: DecodeTask
) -> tuple[Tensor, Tensor]:
    broken = decoders.result(task)
    pixels = decoders.pixels[task.slot, : len(task.images)].copy()
    decoders.release([task])
    return _noted(split, start, pixels, broken)


def _noted(
    split: StoredImages, start: int, pixels: Pixels, broken: Mapping[int, str]
) -> tuple[Tensor, Tensor]:
    """The batch that starts here; the broken images are black, have no label, and are noted."""
    labels = split.labels[start : start + len(pixels)].clone()
    for index, why in broken.items():
        split.broken[split.stored[start + index]] = why
        labels[index] = LEFT_OUT
        pixels[index] = 0
    return torch.from_numpy(pixels), labels
