"""The pixels of a split in batches, in order, where no loader of a training is at hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from engine.data.base.dataset import LEFT_OUT, Images, Split, StoredImages
from engine.data.decoding.decode_buffer import CannotStartError
from engine.data.decoding.decoders import Decoders, DecodeTask
from engine.data.decoding.image_format import Pixels
from engine.data.reading import decoded_images
from engine.data.reading.decoded_images import DecodedImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe

# Pixels (N, C, H, W) uint8 and labels (N,) int64.
Batch: TypeAlias = tuple[Tensor, Tensor]

# One batch is used while the next one is decoded.
SLOTS = 2


def pixel_batches(split: Split, batch: int) -> Iterator[Batch]:
    """Pixels (up to `batch`, C, H, W) uint8 of all images, and their labels (N,) int64, in order.

    The label of an image that cannot be read is `LEFT_OUT`; `StoredImages.broken` says why. Images
    on disk are decoded a batch ahead: many by processes, so that an image at which one crashes is
    only broken. Raises DataError where processes die again and again.
    """
    if isinstance(split, Images):
        both = (split.pixels, split.evaluated_labels)
        yield from zip(*(torch.split(each, batch) for each in both), strict=True)
    elif len(split) < decoded_images.MANY_IMAGES:
        yield from _by_threads(split, range(0, len(split), batch))
    else:
        yield from _by_either(split, range(0, len(split), batch))


def _by_either(split: StoredImages, starts: range) -> Iterator[Batch]:
    """By processes; where these cannot start, by threads."""
    done = 0
    try:
        for batch in _by_processes(split, starts):
            done += 1
            yield batch
    except CannotStartError:
        yield from _by_threads(split, starts[done:])


def _by_threads(split: StoredImages, starts: range) -> Iterator[Batch]:
    with ThreadPoolExecutor(1) as ahead:
        yield from _ahead(
            starts, lambda start: ahead.submit(_decoded, split, start, starts.step).result
        )


def _ahead(starts: range, begin: Callable[[int], Callable[[], Batch]]) -> Iterator[Batch]:
    """The batches in order; `begin` starts to decode one, and returns what waits for it."""
    begun: deque[Callable[[], Batch]] = deque()
    for start in starts:
        begun.append(begin(start))
        if len(begun) == SLOTS:
            yield begun.popleft()()
    while begun:
        yield begun.popleft()()


def _decoded(split: StoredImages, start: int, batch: int) -> Batch:
    images = split.stored[start : start + batch]
    work = decoded_images.decode_by_threads([(image, 0) for image in images], split.image_format)
    while True:
        try:
            next(work)
        except StopIteration as finished:
            found: DecodedImages = finished.value
            return _noted(split, start, found.pixels, found.broken)


def _by_processes(split: StoredImages, starts: range) -> Iterator[Batch]:
    workers = decoded_images.count_decoders(Recipe())
    decoders = Decoders(workers, SLOTS, starts.step, split.image_format)

    def begin(start: int) -> Callable[[], Batch]:
        slot = start // starts.step % SLOTS
        task = decoders.submit(slot, split.stored[start : start + starts.step])
        return partial(_taken, split, decoders, start, task)

    try:
        yield from _ahead(starts, begin)
    except BrokenProcessPool as error:
        raise DataError(decoders.why_died) from error
    finally:
        decoders.close()


def _taken(split: StoredImages, decoders: Decoders, start: int, task: DecodeTask) -> Batch:
    broken = decoders.result(task)
    pixels = decoders.pixels[task.slot, : len(task.images)].copy()
    decoders.release([task])
    return _noted(split, start, pixels, broken)


def _noted(split: StoredImages, start: int, pixels: Pixels, broken: Mapping[int, str]) -> Batch:
    """The batch that starts here; the broken images are black, have no label, and are noted."""
    labels = split.labels[start : start + len(pixels)].clone()
    for index, why in broken.items():
        split.broken[split.stored[start + index]] = why
        labels[index] = LEFT_OUT
        pixels[index] = 0
    return torch.from_numpy(pixels), labels
