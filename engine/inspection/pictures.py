"""Images and kernels as small pictures, and a model's predictions for images."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.kernels import kernels
from engine.data.base.batch import Batch
from engine.data.base.dataset import Dataset
from engine.devices.forward_pass import Judge
from engine.models.class_ranking import ClassRanking
from engine.protocol.events import (
    Augmented,
    Example,
    Examples,
    Kernels,
    Picture,
    Sample,
    measured,
)
from engine.text import harmless

PICTURE_SIDE = 32
TOP_CLASSES = 3
# A convolution may have thousands of kernels. Only the first ones are shown.
MOST_KERNELS = 256


def picture(pixels: Tensor, side: int = PICTURE_SIDE) -> Picture:
    """The picture of pixels (C, H, W) uint8, averaged to at most `side` × `side`."""
    channels, height, width = pixels.shape
    height, width = min(height, side), min(width, side)
    small = F.adaptive_avg_pool2d(pixels.float(), (height, width)).round().to(torch.uint8)
    return Picture(channels, height, width, base64_of(small))


def base64_of(values: Tensor) -> str:
    return base64.b64encode(values.numpy().tobytes()).decode("ascii")


def predictions(logits: Tensor) -> tuple[tuple[int, float | None], ...]:
    """The three first classes for logits (classes,), each with its probability."""
    classes = ClassRanking(logits[None]).first(TOP_CLASSES)[0]
    pairs = zip(classes.tolist(), logits.softmax(0)[classes].tolist(), strict=True)
    return tuple((index, measured(probability)) for index, probability in pairs)


def augmented(batch: Batch, dataset: Dataset, count: int, epoch: int, step: int) -> Augmented:
    """The first images of a training batch, with their normalisation undone."""
    mean = torch.tensor(dataset.mean).view(1, -1, 1, 1)
    std = torch.tensor(dataset.std).view(1, -1, 1, 1)
    images = batch.images[:count].float().cpu() * std + mean
    pixels = (images * 255).round().clamp(0, 255).to(torch.uint8)
    samples = zip(map(picture, pixels), _labels(batch, dataset.classes, count), strict=True)
    return Augmented(epoch, tuple(Sample(one, *label) for one, label in samples), step=step)


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
    dataset: Dataset,
    normalise: Callable[[Tensor], Tensor],
    images: Sequence[int],
    judge: Judge,
    step: int,
) -> Examples:
    """Validation images, each with the model's three likeliest classes. Waits for the device."""
    found = [dataset.validation.one(image) for image in images]
    pixels = torch.stack([one.pixels for one in found])
    with evaluation_mode(model):
        logits = judge.logits(model, normalise(pixels.to(judge.device))).float().cpu()
    return Examples(
        tuple(
            Example(one.at, picture(one.pixels), one.label, predictions(row), harmless(one.name))
            for one, row in zip(found, logits, strict=True)
        ),
        step=step,
    )


def kernel_pictures(model: nn.Module, layer: str, step: int) -> Kernels:
    """The kernels of a convolution, all scaled alike around zero. Waits for the device."""
    found = kernels(model, layer)
    shown = found.pictures[:MOST_KERNELS].cpu()
    largest = float(shown.abs().max())
    scaled = (shown / max(largest, 1e-30) + 1) * 127.5
    pixels = scaled.nan_to_num(127.5, 255.0, 0.0).round().clamp(0, 255).to(torch.uint8)
    channels, height, width = pixels.shape[1:]
    pictures = tuple(Picture(channels, height, width, base64_of(one)) for one in pixels)
    return Kernels(layer, found.shape, measured(largest), pictures, step=step)
