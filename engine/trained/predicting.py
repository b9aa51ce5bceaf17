"""Predicts the classes of images that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cnn_tui.class_ranking import ClassRanking
from engine.data.base.dataset import LEFT_OUT, StoredImages
from engine.data.inventory.given_images import GivenImage, GivenImages
from engine.data.reading.pixel_batches import pixel_batches
from engine.devices import device as devices
from engine.inspection.pictures import picture
from engine.protocol.answers import Note, Progress
from engine.protocol.events import Measured, Picture, measured
from engine.protocol.predicted import Judging, Message, Predicted, Unreadable, is_unsure
from engine.protocol.requests import Predict
from engine.trained import trained_text
from engine.trained.dim_images import DimImages
from engine.trained.trained_network import TrainedNetwork

# So many images that are named themselves are shown with pictures.
FEW = 6
# The side of a picture in pixels: of few images, and of those that the network is unsure about.
LARGE, SMALL = 64, 32
# Significant digits of a probability. A float32 has seven, and the last ones vary by device.
DIGITS = 6


def predicted(network: TrainedNetwork, given: GivenImages, asked: Predict) -> Iterator[Message]:
    """The network, then each image in the order given. Waits for the device at every batch."""
    images = given.images
    few = given.named and len(images) <= FEW
    yield Judging(
        network.saved.label, network.classes, network.epoch, network.top1, len(images), few
    )
    stored = [image.stored for image in images]
    labels = torch.zeros(len(images), dtype=torch.int64)
    split = StoredImages("", stored, labels, network.image_format)
    size = devices.evaluation_batch(network.device, network.recipe.batch, split.shape)
    done, dim = 0, DimImages(network.image_format)
    yield Progress(trained_text.PREDICTING, 0.0)
    for pixels, evaluated_labels in pixel_batches(split, size):
        some = images[done : done + len(pixels)]
        readable = (evaluated_labels != LEFT_OUT).tolist()
        found = _ranked(network.logits(pixels), asked.top)
        for image, top, own, read in zip(some, found, pixels, readable, strict=True):
            if read:
                dim.look(image.stored, image.file, own)
                shown = _picture(own, top, asked, few=few)
                yield Predicted(os.fsencode(image.file), top, shown)
            else:
                yield _unreadable(image, split)
        done += len(pixels)
        yield Progress(trained_text.PREDICTING, done / len(images))
    yield from map(Note, dim.notes())


def _unreadable(image: GivenImage, split: StoredImages) -> Unreadable:
    return Unreadable(os.fsencode(image.file), split.broken[image.stored])


def _ranked(logits: Tensor, count: int) -> Sequence[tuple[tuple[int, Measured], ...]]:
    """The first classes of each image for logits (N, classes), with their probabilities."""
    classes = ClassRanking(logits).first(count)
    probabilities = logits.double().softmax(1).gather(1, classes)
    return [
        tuple((index, _rounded(each)) for index, each in zip(*pair, strict=True))
        for pair in zip(classes.tolist(), probabilities.tolist(), strict=True)
    ]


def _rounded(probability: float) -> Measured:
    return measured(float(f"{probability:.{DIGITS}g}"))


def _picture(
    pixels: Tensor, top: Sequence[tuple[int, Measured]], asked: Predict, *, few: bool
) -> Picture | None:
    if not asked.pictures:
        return None
    if asked.unsure is None:
        return picture(pixels, LARGE) if few else None
    return picture(pixels, SMALL) if is_unsure(top[0][1], asked.unsure) else None
