"""Loads batches of a data set that is too large for memory, by decoding files ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from engine import text
from engine.data import data_text
from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import RawBatch
from engine.data.base.dataset import LEFT_OUT, Split, StoredImages
from engine.data.base.seeds import epoch_order
from engine.data.decoding.decoders import DECODE_CHUNK, Decoders, DecodeTask
from engine.data.loaders.normalisation import Normalise
from engine.data.loaders.prefetch import CopyStream, DecodedBatch, prefetch
from engine.data.loaders.training_loader import TrainingLoader
from engine.data.reading import broken_list
from engine.data.stored.stored_image import StoredImage
from engine.distributed.batch_share import WHOLE, BatchShare
from engine.errors import DataError


class Pending(NamedTuple):
    """A batch that is being decoded, and the indices of its images."""

    task: DecodeTask
    indices: Tensor


class Place(NamedTuple):
    """The place of an image in the memory of the decoding processes."""

    slot: int
    position: int


# Changes a batch in a place whose image is broken.
Mend: TypeAlias = Callable[[StoredImages, DecodedBatch, Place], None]


class StreamingLoader(TrainingLoader):
    """Gives the same images in the same order as ResidentLoader.

    `workers` processes decode ahead of the training, from the first pass until `close`.
    """

    def __init__(
        self,
        images: StoredImages,
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
        # One slot has the current batch, one is spare, the others hold two chunks per process.
        slots = 2 + -(-2 * workers * DECODE_CHUNK // self._share)
        self._free = list(range(slots))
        self._decoders = Decoders(workers, slots, self._share, images.image_format)
        self._pixels = torch.from_numpy(self._decoders.pixels)
        # By the number of their split in `_splits`, and their index there.
        self._broken: dict[tuple[int, int], tuple[StoredImage, str]] = {}
        self._splits, self._reported = [images], 0

    def raw_batches(self, epoch: int, first: int = 0) -> Generator[RawBatch, None, None]:
        """The batches of an epoch, decoded ahead of the training.

        Raises DataError where the folder is gone, or where decoding processes die repeatedly.
        """
        indices = epoch_order(len(self._images), self._seed, epoch)
        steps = range(first, self.steps_per_epoch)
        batches = (indices[step * self.batch : (step + 1) * self.batch] for step in steps)
        parts = [self._part.of(batch) for batch in batches]
        arrived = self._arrived(self._images, parts, self._stand_in)
        for step, decoded in zip(steps, arrived, strict=True):
            yield RawBatch(*decoded, epoch, step)

    def evaluation_batches(self, images: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The same as ResidentLoader's, in batches that fit into a slot.

        Raises DataError where many images in a row are broken.
        """
        assert isinstance(images, StoredImages)
        batches = torch.split(torch.arange(len(images)), min(batch, self.batch))
        parts = [self._part.of(indices) for indices in batches]
        for pixels, labels, _ in self._arrived(images, parts, self._leave_out):
            yield self.normalise(pixels), labels

    def new_warnings(self) -> tuple[str, ...]:
        """Warnings since the last call: of broken images and of replaced decoding processes."""
        warnings = []
        if deaths := self._decoders.pop_replacements():
            warnings.append(data_text.decoders_replaced(deaths, self._workers))
        if len(self._broken) > self._reported:
            self._reported = len(self._broken)
            in_order = sorted(self._broken.items(), key=itemgetter(0))
            broken = {image.name: why for _, (image, why) in in_order}
            many = len(broken) > text.EXAMPLES
            listed = broken_list.write(self._images.place, broken) if many else None
            warnings.append(data_text.replaced_broken(broken, listed))
        return tuple(warnings)

    def close(self) -> None:
        """End the decoding processes."""
        self._decoders.close()

    def _arrived(
        self, images: StoredImages, batches: Iterable[Tensor], mend: Mend
    ) -> Generator[DecodedBatch, None, None]:
        """The images of these indices, batch by batch, on the device.

        `mend` changes a batch in place of each of its images that is broken.
        """
        decoded = self._decoded(images, batches, mend)
        if self._device.type != "cuda":
            return decoded
        return prefetch(decoded, CopyStream(self._device).send)

    def _decoded(
        self, images: StoredImages, batches: Iterable[Tensor], mend: Mend
    ) -> Generator[DecodedBatch, None, None]:
        """The same on the CPU; the next batch may overwrite the pixels of this one.

        A pass leaves one slot free for a second pass, which an inspection may start meanwhile.
        """
        waiting: deque[Pending] = deque()
        following = iter(batches)
        try:
            while True:
                while (
                    len(self._free) > bool(waiting)
                    and (indices := next(following, None)) is not None
                ):
                    waiting.append(self._begin(images, self._free.pop(), indices))
                if not waiting:
                    return
                yield self._finish(images, waiting[0], mend)
                self._free.append(waiting.popleft().task.slot)
        except BrokenProcessPool as error:
            raise DataError(self._decoders.why_died) from error
        finally:
            self._decoders.release([pending.task for pending in waiting])
            self._free += [pending.task.slot for pending in waiting]

    def _begin(self, images: StoredImages, slot: int, indices: Tensor) -> Pending:
        wanted = [images.stored[index] for index in indices.tolist()]
        return Pending(self._decoders.submit(slot, wanted), indices)

    def _finish(self, images: StoredImages, pending: Pending, mend: Mend) -> DecodedBatch:
        slot, indices = pending.task.slot, pending.indices.clone()
        batch = self._pixels[slot, : len(indices)], images.labels[indices], indices
        for position, why in self._decoders.result(pending.task).items():
            index = int(indices[position])
            image = images.stored[index]
            images.broken[image] = why
            self._broken[self._split_number(images), index] = image, why
            mend(images, batch, Place(slot, position))
        return batch

    def _split_number(self, images: StoredImages) -> int:
        """The number of a split: that for training is the first, that for a test the last."""
        known = next((number for number, one in enumerate(self._splits) if one is images), None)
        if known is not None:
            return known
        self._splits.append(images)
        return len(self._splits) - 1

    def _stand_in(self, images: StoredImages, batch: DecodedBatch, place: Place) -> None:
        """Put the next image that is not broken in a place of a batch."""
        _, labels, indices = batch
        # Not by this process, which the next image may crash, too.
        decode = partial(self._decoders.decode_one, *place)
        shown = images.first_decoded(int(indices[place.position]) + 1, decode)
        indices[place.position], labels[place.position] = shown, images.labels[shown]

    def _leave_out(self, images: StoredImages, batch: DecodedBatch, place: Place) -> None:
        """Leave a place of a batch empty."""
        pixels, labels, indices = batch
        images.check_broken_in_a_row(int(indices[place.position]))
        pixels[place.position], labels[place.position] = 0, LEFT_OUT
