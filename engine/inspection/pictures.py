"""Images and kernels as small pictures, and a model's predictions for images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from cnn_tui import byte_pictures
from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.shown_limits import PICTURE_SIDE
from engine.data.base.batch import Batch
from engine.data.base.dataset import Dataset, ShownImage, Split
from engine.devices.forward_pass import Judge
from engine.protocol.events import (
    Augmented,
    Example,
    Examples,
    Kernels,
    Measured,
    Picture,
    Sample,
    measured,
)
from engine.text import harmless


def picture(pixels: Tensor, side: int = PICTURE_SIDE) -> Picture:
    """The picture of pixels (C, H, W) uint8, averaged to at most `side` × `side`."""
    return Picture(*byte_pictures.picture(pixels, side))


def predictions(logits: Tensor) -> tuple[tuple[int, Measured], ...]:
    """The three first classes for logits (classes,), each with its probability."""
    return tuple((index, measured(share)) for index, share in byte_pictures.predictions(logits))


def augmented(batch: Batch, dataset: Dataset, count: int, epoch: int, step: int) -> Augmented:
    """The first images of a training batch, with their normalisation undone."""
    mean = torch.tensor(dataset.mean).view(1, -1, 1, 1)
    std = torch.tensor(dataset.std).view(1, -1, 1, 1)
    images = batch.images[:count].float().cpu() * std + mean
    pixels = (images * 255).round().clamp(0, 255).to(torch.uint8)
    samples = zip(map(picture, pixels), _labels(batch, dataset.classes, count), strict=True)
    shown = tuple(Sample(one, *label) for one, label in samples)
    return Augmented(epoch, shown, images.shape[-1], step=step)


def _labels(
    batch: Batch, classes: Sequence[str], count: int
) -> Iterator[tuple[str] | tuple[str, str, float]]:
    """The classes of the first `count` images.

    A mixed image also has its second class and the weight of the first one.
    """
    names = [classes[label] for label in batch.labels[:count].tolist()]
    if batch.others is None or batch.share is None:
        yield from zip(names, strict=True)
    else:
        others = [classes[label] for label in batch.others[:count].tolist()]
        yield from zip(names, others, batch.share[:count].tolist(), strict=True)


def examples(
    model: nn.Module,
    split: Split,
    normalise: Callable[[Tensor], Tensor],
    images: Sequence[int],
    judge: Judge,
    step: int,
) -> Examples:
    """Images of a split, each with the model's three likeliest classes. Waits for the device."""
    found = [split.one(image) for image in images]
    pixels = torch.stack([one.pixels for one in found])
    with evaluation_mode(model):
        logits = judge.logits(model, normalise(pixels.to(judge.device))).float().cpu()
    return Examples(tuple(map(example, found, logits)), step=step)


def example(image: ShownImage, logits: Tensor, side: int = PICTURE_SIDE) -> Example:
    """An image with its three likeliest classes, by its logits (classes,)."""
    shown = picture(image.pixels, side)
    return Example(image.at, shown, image.label, predictions(logits), harmless(image.name))


def kernel_pictures(model: nn.Module, layer: str, step: int) -> Kernels:
    """The kernels of a convolution, all scaled alike around zero. Waits for the device."""
    shape, largest, found = byte_pictures.kernel_pictures(model, layer)
    return Kernels(
        layer, shape, measured(largest), tuple(Picture(*each) for each in found), step=step
    )
