"""Loads batches of a data set that is on the device as uint8."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import torch
from torch import Tensor

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import RawBatch
from engine.data.base.dataset import Images, Split
from engine.data.base.seeds import epoch_order
from engine.data.loaders.normalisation import Normalise
from engine.data.loaders.training_loader import TrainingLoader
from engine.distributed.batch_share import WHOLE, BatchShare


class ResidentLoader(TrainingLoader):
    """(seed, epoch, step) determine the order and the augmentation of the training batches.

    `batch` is the batch of all ranks; each rank's loader gives its `part` of it.
    """

    def __init__(
        self,
        images: Images,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        batch: int,
        seed: int,
        augmentation: Augmentation,
        device: torch.device,
        memory_format: torch.memory_format,
        part: BatchShare = WHOLE,
    ) -> None:
        normalise = Normalise(mean, std, device, memory_format)
        super().__init__(images, batch, seed, augmentation, normalise, device, part)
        self._pixels = images.pixels.to(device)
        self._labels = images.labels.to(device)
        self._shown = None if images.shown is None else images.shown.to(device)

    def raw_batches(self, epoch: int, first: int = 0) -> Generator[RawBatch, None, None]:
        indices = epoch_order(len(self._labels), self._seed, epoch).to(self._device)
        for step in range(first, self.steps_per_epoch):
            start = step * self.batch + self._part.rank * self._share
            taken = sighted = indices[start : start + self._share]
            if self._shown is not None:
                taken = self._shown.index_select(0, sighted)
                sighted = sighted.where(taken == sighted, len(self._labels))
            pixels = self._pixels.index_select(0, taken)
            labels = self._labels.index_select(0, taken)
            yield RawBatch(pixels, labels, taken, sighted, epoch, step)

    def evaluation_batches(self, images: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All images (up to batch, C, H, W) float32, normalised, with their labels, in order.

        The label of an image that cannot be read is `LEFT_OUT`. With several ranks, each gets a
        part of each batch, which may be empty.
        """
        assert isinstance(images, Images)
        batches = zip(
            torch.split(images.pixels, batch),
            torch.split(images.evaluated_labels, batch),
            strict=True,
        )
        for pixels, labels in batches:
            part = self._part.of(pixels).to(self._device)
            yield self.normalise(part), self._part.of(labels).to(self._device)

    def new_warnings(self) -> tuple[str, ...]:
        """Always empty: loading has already warned about images in memory."""
        return ()

    def new_notes(self) -> tuple[str, ...]:
        """Always empty: loading has said what is kept of the images."""
        return ()

    def seal(self) -> None:
        """Do nothing: loading has sealed what is kept of the images."""

    def close(self) -> None:
        """Do nothing: no process serves this loader."""
