"""Batches of a data set that is too large for memory, decoded from disk as they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from engine.data import data_text
from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import RawBatch
from engine.data.base.dataset import ImageFiles, Split
from engine.data.base.seeds import epoch_order
from engine.data.decoding.decoders import DECODE_CHUNK, Decoders, DecodeTask
from engine.data.loaders.batch_maker import Batches
from engine.data.loaders.normalisation import Normalise
from engine.data.loaders.uplink import Decoded, Uplink, ahead
from engine.distributed.batch_share import WHOLE, BatchShare
from engine.errors import DataError


class Pending(NamedTuple):
    """A batch that is being decoded, and which images it takes."""

    task: DecodeTask
    taken: Tensor


class StreamingLoader(Batches):
    """As ResidentLoader, with the same images in the same order.

    `workers` processes decode ahead of the training, from the first pass to `close`.
    """

    def __init__(
        self,
        images: ImageFiles,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        batch: int,
        seed: int,
        augmentation: Augmentation,
        device: torch.device,
        memory_format: torch.memory_format,
        workers: int,
        part: BatchShare = WHOLE,
    ) -> None:
        normalise = Normalise(mean, std, device, memory_format)
        super().__init__(len(images), batch, seed, augmentation, normalise, device, part)
        self._images, self._workers = images, workers
        # One that is trained on, one spare, and others to keep two chunks before every process.
        slots = 2 + -(-2 * workers * DECODE_CHUNK // self._share)
        self._free = list(range(slots))
        self._decoders = Decoders(workers, slots, self._share, images.image_format)
        self._pixels = torch.from_numpy(self._decoders.pixels)
        self._broken: dict[Path, str] = {}
        self._told = 0

    def drawn(self, epoch: int, first: int = 0) -> Generator[RawBatch, None, None]:
        """As ever, decoded ahead.

        Raises DataError where the folder is gone, or where decoding processes were ended from
        outside again and again.
        """
        places = epoch_order(len(self._images), self._seed, epoch)
        steps = range(first, self.steps_per_epoch)
        batches = (places[step * self.batch : (step + 1) * self.batch] for step in steps)
        takes = [self._part.of(batch) for batch in batches]
        for step, decoded in zip(steps, self._arrived(self._images, takes), strict=True):
            yield RawBatch(*decoded, epoch, step)

    def evaluation_batches(self, images: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """As ResidentLoader's, in batches that fit into a slot."""
        assert isinstance(images, ImageFiles)
        batches = torch.split(torch.arange(len(images)), min(batch, self.batch))
        takes = [self._part.of(places) for places in batches]
        for pixels, labels, _ in self._arrived(images, takes):
            yield self.normalise(pixels), labels

    def news(self) -> tuple[str, ...]:
        """What there is to say since the last call: of images that were found to be broken, and of
        decoding processes that were replaced.
        """
        said = []
        if deaths := self._decoders.pop_replacements():
            said.append(data_text.decoders_replaced(deaths, self._workers))
        if len(self._broken) > self._told:
            self._told = len(self._broken)
            first, why = next(iter(self._broken.items()))
            name = first.relative_to(self._images.path)
            said.append(data_text.replaced_broken(len(self._broken), name, why))
        return tuple(said)

    def close(self) -> None:
        """End the decoding processes."""
        self._decoders.close()

    def _arrived(
        self, images: ImageFiles, takes: Iterable[Tensor]
    ) -> Generator[Decoded, None, None]:
        """Pixels (N, C, H, W) uint8, labels (N,) and the places themselves, on the device."""
        decoded = self._decoded(images, takes)
        if self._device.type != "cuda":
            return decoded
        return ahead(decoded, Uplink(self._device).send)

    def _decoded(
        self, images: ImageFiles, takes: Iterable[Tensor]
    ) -> Generator[Decoded, None, None]:
        """The same in memory.

        The pixels are good until the next ones are asked for. A pass leaves a slot to another one
        that takes a look in the midst of it.
        """
        waiting: deque[Pending] = deque()
        following = iter(takes)
        try:
            while True:
                while (
                    len(self._free) > bool(waiting) and (taken := next(following, None)) is not None
                ):
                    waiting.append(self._begun(images, self._free.pop(), taken))
                if not waiting:
                    return
                yield self._finished(images, waiting[0])
                self._free.append(waiting.popleft().task.slot)
        except BrokenProcessPool as error:
            raise DataError(data_text.decoder_died(self._workers)) from error
        finally:
            self._decoders.release([pending.task for pending in waiting])
            self._free += [pending.task.slot for pending in waiting]

    def _begun(self, images: ImageFiles, slot: int, taken: Tensor) -> Pending:
        files = [images.files[place] for place in taken.tolist()]
        return Pending(self._decoders.submit(slot, files), taken)

    def _finished(self, images: ImageFiles, pending: Pending) -> Decoded:
        broken = self._decoders.result(pending.task)
        pixels = self._pixels[pending.task.slot, : len(pending.taken)]
        labels = images.labels[pending.taken]
        for place, why in broken.items():
            index = int(pending.taken[place])
            self._broken.setdefault(images.files[index], why)
            pixels[place], labels[place] = images.one(index + 1)
        return pixels, labels, pending.taken
