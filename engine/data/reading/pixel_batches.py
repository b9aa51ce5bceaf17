"""The pixels of a split in batches, in order, where no loader of a training is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from engine.data.base.dataset import LEFT_OUT, Images, Split, StoredImages
from engine.data.reading.decoded_images import decode_by_threads


def pixel_batches(split: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Pixels (up to `batch`, C, H, W) uint8 of all images, and their labels (N,) int64, in order.

    The label of an image that cannot be read is `LEFT_OUT`; `StoredImages.broken` says why. Images
    on disk are decoded by threads, a batch ahead.
    """
    if isinstance(split, Images):
        pairs = zip(
            torch.split(split.pixels, batch),
            torch.split(split.evaluated_labels, batch),
            strict=True,
        )
        yield from pairs
        return
    starts = range(0, len(split), batch)
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(_decoded, split, start, batch) for start in starts[:1]]
        for following in (*starts[1:], None):
            decoded = coming.pop()
            if following is not None:
                coming.append(ahead.submit(_decoded, split, following, batch))
            yield decoded.result()


def _decoded(split: StoredImages, start: int, batch: int) -> tuple[Tensor, Tensor]:
    images = split.stored[start : start + batch]
    labels = split.labels[start : start + batch].clone()
    work = decode_by_threads([(image, 0) for image in images], split.image_format)
    while True:
        try:
            next(work)
        except StopIteration as finished:
            pixels, broken, _ = finished.value
            break
    for index, why in broken.items():
        split.broken[images[index]] = why
        labels[index] = LEFT_OUT
        pixels[index] = 0
    return torch.from_numpy(pixels), labels
