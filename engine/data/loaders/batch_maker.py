"""From images that were drawn to a batch that a step learns from, the same for every loader."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Generator

import torch

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import Batch, RawBatch
from engine.data.loaders.normalisation import Normalise
from engine.distributed.batch_share import BatchShare


class Batches(ABC):
    """Draws training images in an order, and augments and normalises them on the device."""

    def __init__(
        self,
        count: int,
        batch: int,
        seed: int,
        augmentation: Augmentation,
        normalise: Normalise,
        device: torch.device,
        part: BatchShare,
    ) -> None:
        """`count` is how many images there are to train on, and `part` of each batch is ours."""
        self._seed, self._device = seed, device
        self._augmentation, self.normalise = augmentation, normalise
        self.batch = min(batch, count)
        self._part, self._share = part, part.share(self.batch)
        self.steps_per_epoch = count // self.batch
        # One for all steps, so that a recorded step finds it again.
        self.draws = torch.Generator(device)

    @abstractmethod
    def drawn(self, epoch: int, first: int = 0) -> Generator[RawBatch, None, None]:
        """The images of an epoch's batches, from step `first` (from 0) on.

        The last images of the order, where they do not fill a batch, are left out.
        """

    def aim(self, drawn: RawBatch) -> None:
        """Have the next draws be those of this step, whatever was drawn before."""
        self._augmentation.seed_generator(self.draws, drawn)

    def made(self, drawn: RawBatch) -> Batch:
        """The batch of these images, by the draws that were aimed at."""
        return self._augmentation(drawn, self.draws, self.normalise)

    def batches(self, epoch: int, first: int = 0) -> Generator[Batch, None, None]:
        """What is learnt from in an epoch, from step `first` (from 0) on."""
        with contextlib.closing(self.drawn(epoch, first)) as all_drawn:
            for drawn in all_drawn:
                self.aim(drawn)
                yield self.made(drawn)
