"""Batches of a data set that lives on the device as uint8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from engine.data.augment import Augmentation
from engine.data.batch import Batch, Drawn
from engine.data.dataset import Images, Split
from engine.data.part import WHOLE, Part
from engine.data.seeds import order


class Normalise:
    """Pixels of 0 to 255 as float32 of mean 0 and deviation 1, in a memory format.

    `mean` and `std` are those of the training pixels, one a channel, of values in 0..1.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        device: torch.device,
        memory_format: torch.memory_format,
    ) -> None:
        deviation = torch.tensor(std, dtype=torch.float64).view(1, -1, 1, 1)
        average = torch.tensor(mean, dtype=torch.float64).view(1, -1, 1, 1)
        self._scale = (1 / (255 * deviation)).to(device, torch.float32)
        self._offset = (-average / deviation).to(device, torch.float32)
        self._channels_last = memory_format == torch.channels_last

    def __call__(self, pixels: Tensor) -> Tensor:
        """Pixels (N, C, H, W), uint8 or float32; those of float32 are overwritten."""
        images = pixels.to(torch.float32).mul_(self._scale).add_(self._offset)
        if not self._channels_last:
            return images
        # On a processor several times faster than contiguous(memory_format=channels_last).
        return images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)


class ResidentLoader:
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
        part: Part = WHOLE,
    ) -> None:
        self._pixels = images.pixels.to(device)
        self._labels = images.labels.to(device)
        self.normalise = Normalise(mean, std, device, memory_format)
        self._seed = seed
        self._augmentation = augmentation
        self._device = device
        self.batch = min(batch, len(images))
        self._part, self._share = part, part.share(self.batch)
        self.steps_per_epoch = len(images) // self.batch

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from step `first` (from 0) on.

        The last images of the order, where they do not fill a batch, are left out.
        """
        places = order(len(self._labels), self._seed, epoch).to(self._device)
        for step in range(first, self.steps_per_epoch):
            start = step * self.batch + self._part.rank * self._share
            taken = places[start : start + self._share]
            drawn = Drawn(
                self._pixels.index_select(0, taken),
                self._labels.index_select(0, taken),
                taken,
                epoch,
                step,
            )
            yield self._augmentation(drawn, self.normalise)

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
