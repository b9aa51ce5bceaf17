"""Judges the images of a split by a trained network."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from engine.data.base.dataset import LEFT_OUT, Split, StoredImages
from engine.data.reading.pixel_batches import pixel_batches
from engine.devices import device as devices
from engine.trained.dim_images import DimImages
from engine.trained.trained_network import TrainedNetwork


def judged(
    network: TrainedNetwork, images: Split, dim: DimImages | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits (N, classes) float32 and labels (N,) int64 of all images, in order, on the CPU.

    The label of an image that cannot be read is `LEFT_OUT`, and its logits mean nothing. `dim`
    looks at those that lie in files. Waits for the device at every batch.
    """
    size = devices.evaluation_batch(network.device, network.recipe.batch, images.shape)
    done = 0
    for pixels, labels in pixel_batches(images, size):
        if dim is not None and isinstance(images, StoredImages):
            some = images.stored[done : done + len(pixels)]
            for stored, own, label in zip(some, pixels, labels.tolist(), strict=True):
                if label != LEFT_OUT:
                    dim.look(stored, stored.name, own)
        done += len(pixels)
        yield network.logits(pixels), labels.cpu()
