"""Batches of a data set that is too large for memory, decoded from disk as they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from engine import text
from engine.data.augment import Augmentation
from engine.data.batch import Drawn
from engine.data.batches import Batches
from engine.data.dataset import ImageFiles, Split
from engine.data.normalise import Normalise
from engine.data.part import WHOLE, Part
from engine.data.seeds import order
from engine.data.uplink import Decoded, Uplink, ahead
from engine.data.workers import Decoders
from engine.errors import DataError

# Images of a batch that one process decodes at a time: a batch is spread over several, so that the
# first one of an epoch is soon there.
CHUNK = 32


class Pending(NamedTuple):
    """A batch that is being decoded: where, which images, and who is at it."""

    slot: int
    taken: Tensor
    parts: list[Future[dict[int, str]]]


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
        part: Part = WHOLE,
    ) -> None:
        super().__init__(augmentation, Normalise(mean, std, device, memory_format), device)
        self._images, self._seed = images, seed
        self._device, self._workers = device, workers
        self.batch = min(batch, len(images))
        self._part, share = part, part.share(self.batch)
        self.steps_per_epoch = len(images) // self.batch
        # One that is trained on, one spare, and others to keep two chunks before every process.
        slots = 2 + -(-2 * workers * CHUNK // share)
        self._free = list(range(slots))
        self._decoders = Decoders(workers, slots, share, images.form)
        self._pixels = torch.from_numpy(self._decoders.pixels)
        self._broken: dict[Path, str] = {}
        self._told = 0

    def drawn(self, epoch: int, first: int = 0) -> Generator[Drawn, None, None]:
        """As ever, decoded ahead.

        Raises DataError where the folder is gone or a decoding process was ended from outside.
        """
        places = order(len(self._images), self._seed, epoch)
        steps = range(first, self.steps_per_epoch)
        batches = (places[step * self.batch : (step + 1) * self.batch] for step in steps)
        takes = [self._part.of(batch) for batch in batches]
        for step, decoded in zip(steps, self._arrived(self._images, takes), strict=True):
            yield Drawn(*decoded, epoch, step)

    def evaluation_batches(self, images: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """As ResidentLoader's, in batches that fit into a slot."""
        assert isinstance(images, ImageFiles)
        batches = torch.split(torch.arange(len(images)), min(batch, self.batch))
        takes = [self._part.of(places) for places in batches]
        for pixels, labels, _ in self._arrived(images, takes):
            yield self.normalise(pixels), labels

    def news(self) -> tuple[str, ...]:
        """What there is to say about images that were found to be broken since the last call."""
        if len(self._broken) == self._told:
            return ()
        self._told = len(self._broken)
        first, why = next(iter(self._broken.items()))
        name = first.relative_to(self._images.path)
        return (text.replaced_broken(len(self._broken), name, why),)

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
                self._free.append(waiting.popleft().slot)
        except BrokenProcessPool as error:
            raise DataError(text.decoder_died(self._workers)) from error
        finally:
            for pending in waiting:
                wait([part for part in pending.parts if not part.cancel()])
                self._free.append(pending.slot)

    def _begun(self, images: ImageFiles, slot: int, taken: Tensor) -> Pending:
        files = [images.files[place] for place in taken.tolist()]
        starts = range(0, len(files), CHUNK)
        return Pending(
            slot,
            taken,
            [self._decoders.submit(slot, at, files[at : at + CHUNK]) for at in starts],
        )

    def _finished(self, images: ImageFiles, pending: Pending) -> Decoded:
        pixels = self._pixels[pending.slot, : len(pending.taken)]
        labels = images.labels[pending.taken]
        for place, why in (item for part in pending.parts for item in part.result().items()):
            index = int(pending.taken[place])
            self._broken.setdefault(images.files[index], why)
            pixels[place], labels[place] = images.one(index + 1)
        return pixels, labels, pending.taken
