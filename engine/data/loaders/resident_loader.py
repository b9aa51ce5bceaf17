"""Batches of a data set that lives on the device as uint8."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import torch
from torch import Tensor

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import RawBatch
from engine.data.base.dataset import Images, Split
from engine.data.base.seeds import epoch_order
from engine.data.loaders.batch_maker import Batches
from engine.data.loaders.normalisation import Normalise
from engine.distributed.batch_share import WHOLE, BatchShare


class ResidentLoader(Batches):
    """Training batches in an order, and with an augmentation, that (seed, epoch, step) decide.

    Where several processes train, `batch` is that of all and each loader gives its part of it.
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
        super().__init__(len(images), batch, seed, augmentation, normalise, device, part)
        self._pixels = images.pixels.to(device)
        self._labels = images.labels.to(device)

    def drawn(self, epoch: int, first: int = 0) -> Generator[RawBatch, None, None]:
        places = epoch_order(len(self._labels), self._seed, epoch).to(self._device)
        for step in range(first, self.steps_per_epoch):
            start = step * self.batch + self._part.rank * self._share
            taken = places[start : start + self._share]
            pixels, labels = (of.index_select(0, taken) for of in (self._pixels, self._labels))
            yield RawBatch(pixels, labels, taken, epoch, step)

    def evaluation_batches(self, images: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All images (up to batch, C, H, W) float32 with their labels, in order and as they are.

        A part of each batch where several processes share them, which may be empty.
        """
        assert isinstance(images, Images)
        batches = zip(
            torch.split(images.pixels, batch), torch.split(images.labels, batch), strict=True
        )
        for pixels, labels in batches:
            own = self._part.of(pixels).to(self._device)
            yield self.normalise(own), self._part.of(labels).to(self._device)

    def news(self) -> tuple[str, ...]:
        """Nothing: what was broken was told when it was loaded."""
        return ()

    def close(self) -> None:
        """There is nothing to end."""
