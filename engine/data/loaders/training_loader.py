"""The base class of the loaders: training images batch by batch, one call per step."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Generator

import torch

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import Batch, RawBatch
from engine.data.base.dataset import Split
from engine.data.loaders.normalisation import Normalise
from engine.distributed.batch_share import BatchShare


class TrainingLoader(ABC):
    """Loads the training images batch by batch, and augments and normalises them on the device."""

    def __init__(
        self,
        images: Split,
        batch: int,
        seed: int,
        augmentation: Augmentation,
        normalise: Normalise,
        device: torch.device,
        part: BatchShare,
    ) -> None:
        """This loader takes `part` of each batch of the training images."""
        count = len(images)
        self._seed, self._device = seed, device
        self._augmentation, self.normalise = augmentation, normalise
        self.batch = min(batch, count)
        self._part, self._share = part, part.share(self.batch, count)
        self.steps_per_epoch = count // self.batch
        # The same generator for all steps, since a recorded step always draws from its own.
        self.draws = torch.Generator(device)

    @abstractmethod
    def raw_batches(self, epoch: int, first: int = 0) -> Generator[RawBatch, None, None]:
        """The images of an epoch's batches, from step `first` (from 0) on.

        Leaves out the last images of the order where they do not fill a batch.
        """

    @abstractmethod
    def seal(self) -> None:
        """Begin to make safe from a power cut what is kept of the images."""

    @abstractmethod
    def new_notes(self) -> tuple[str, ...]:
        """What there is to say of the images that are kept, since the last call."""

    @abstractmethod
    def new_warnings(self) -> tuple[str, ...]:
        """Warnings since the last call: of broken images and of replaced decoding processes."""

    @abstractmethod
    def close(self) -> None:
        """End the decoding processes, if there are any."""

    def epoch(self, epoch: int, first: int = 0) -> EpochBatches:
        """The batches of an epoch (from 1), from step `first` (from 0) on; close it."""
        return EpochBatches(self.raw_batches(epoch, first), self)

    def batches(self, epoch: int, first: int = 0) -> Generator[Batch, None, None]:
        """The same batches as a generator."""
        with contextlib.closing(self.epoch(epoch, first)) as batches:
            for _ in range(first, self.steps_per_epoch):
                yield batches.next()

    def seed_draws(self, raw: RawBatch, draws: torch.Generator) -> None:
        """Seed `draws` with (seed, epoch, step), which determine the augmentation of this batch."""
        self._augmentation.seed_generator(draws, raw)

    def augmented(self, raw: RawBatch, draws: torch.Generator) -> Batch:
        """The batch that a step learns from; draws random numbers from `draws` alone."""
        return self._augmentation(raw, draws, self.normalise)


class EpochBatches:
    """Gives each step of an epoch its batch.

    `next` and `next_raw` take the next images and seed a generator for them: the loader's, or the
    given one. Nothing else seeds it while a run trains. Eager augmentation draws from it at once; a
    CUDA graph draws from the state that it has at the replay. So do not seed it for another batch
    between a call and its step.
    """

    def __init__(self, raw: Generator[RawBatch, None, None], loader: TrainingLoader) -> None:
        self._raw, self._loader = raw, loader

    def next(self) -> Batch:
        """The next batch, ready to learn from."""
        draws = self._loader.draws
        return self._loader.augmented(self.next_raw(draws), draws)

    def next_raw(self, draws: torch.Generator) -> RawBatch:
        """The next images, for a recorded step, which augments them itself."""
        raw = next(self._raw)
        self._loader.seed_draws(raw, draws)
        return raw

    def close(self) -> None:
        self._raw.close()
