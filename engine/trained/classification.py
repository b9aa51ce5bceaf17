"""Judges the images of a split by a trained network."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from engine.data.base.dataset import Split
from engine.data.reading.pixel_batches import pixel_batches
from engine.devices import device as devices
from engine.trained.trained_network import TrainedNetwork


def judged(network: TrainedNetwork, images: Split) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits (N, classes) float32 and labels (N,) int64 of all images, in order, on the CPU.

    The label of an image that cannot be read is `LEFT_OUT`, and its logits mean nothing. Waits for
    the device at every batch.
    """
    size = devices.evaluation_batch(network.device, network.recipe.batch, images.shape)
    for pixels, labels in pixel_batches(images, size):
        yield network.logits(pixels), labels.cpu()
