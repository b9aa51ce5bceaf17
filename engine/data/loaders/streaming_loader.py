"""Loads batches of images that are not in memory, by decoding or cropping them ahead."""

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
from engine.data.cache.sealing import Sealing
from engine.data.decoding.cropping import Cropping
from engine.data.decoding.decoder_workers import CROPPING_MODULE
from engine.data.decoding.decoders import DECODE_CHUNK, Decoders, DecodeTask
from engine.data.decoding.making import Crops
from engine.data.loaders.kept_views import KeptViews
from engine.data.loaders.normalisation import Normalise
from engine.data.loaders.prefetch import CopyStream, DecodedBatch, prefetch
from engine.data.loaders.training_loader import TrainingLoader
from engine.data.reading import broken_list
from engine.data.stored.stored_image import StoredImage
from engine.distributed.batch_share import WHOLE, BatchShare
from engine.errors import DataError

# Makes the crops of the images with these indices.
CropsOf: TypeAlias = Callable[[Sequence[int]], Crops]


class Pending(NamedTuple):
    """A batch that is being decoded, and the indices of its images."""

    task: DecodeTask
    indices: Tensor
    crops_of: CropsOf | None


class Place(NamedTuple):
    """The place of an image in the memory of the decoding processes."""

    slot: int
    position: int
    crops_of: CropsOf | None


# Changes a batch in a place whose image is broken.
Mend: TypeAlias = Callable[[StoredImages, DecodedBatch, Place], None]


class StreamingLoader(TrainingLoader):
    """Gives the same images in the same order as ResidentLoader.

    With a `cropping`, each training image is a random crop of its canvas, (C, side, side) with the
    side that `side_of` gives for the epoch, from 1. `workers` processes work ahead of the training,
    from the first pass until `close`. The images of `kept_views` are evaluated again and again.
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
        cropping: Cropping | None = None,
        side_of: Callable[[int], int] | None = None,
        kept_views: KeptViews | None = None,
    ) -> None:
        normalise = Normalise(mean, std, device, memory_format)
        super().__init__(images, batch, seed, augmentation, normalise, device, part)
        self._images, self._workers = images, workers
        self._cropping, self._side_of = cropping, side_of or (lambda _: images.shape[-1])
        self._kept_views = kept_views
        # One slot has the current batch, one is spare, the others hold two chunks per process.
        slots = 2 + -(-2 * workers * DECODE_CHUNK // self._share)
        self._free = list(range(slots))
        module = CROPPING_MODULE if cropping else ""
        form = images.image_format
        self._decoders = Decoders(workers, slots, self._share, form, module=module)
        self._sealing = None if images.slots is None else Sealing(images.slots.store)
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
        decoded = self._decoded(self._images, parts, self._stand_in, self._crops_of(epoch))
        for step, arrived in zip(steps, self._sent(decoded), strict=True):
            yield RawBatch(*arrived, epoch, step)

    def evaluation_batches(self, images: Split, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The same as ResidentLoader's, in batches that fit into a slot.

        Raises DataError where many images in a row are broken.
        """
        assert isinstance(images, StoredImages)
        size = min(batch, self.batch)
        parts = [self._part.of(each) for each in torch.split(torch.arange(len(images)), size)]
        decoded = self._decoded(images, parts, self._leave_out)
        if self._kept_views is not None and images is self._kept_views.images:
            decoded = self._kept_views.batches(size, decoded)
        for pixels, labels, _, _ in self._sent(decoded):
            yield self.normalise(pixels), labels

    def seal(self) -> None:
        """Begin to make safe from a power cut what is kept of the images."""
        if self._sealing is not None:
            self._sealing.begin()

    def new_notes(self) -> tuple[str, ...]:
        """What there is to say of the images that are kept, since the last call."""
        return () if self._images.slots is None else self._images.slots.store.pop_notes()

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
        if self._sealing is not None:
            self._sealing.close()

    def _crops_of(self, epoch: int) -> CropsOf | None:
        """What makes the crops of an epoch, if there are any."""
        if self._cropping is None:
            return None
        return partial(Crops, self._cropping, self._side_of(epoch), epoch)

    def _sent(
        self, decoded: Generator[DecodedBatch, None, None]
    ) -> Generator[DecodedBatch, None, None]:
        """The batches on the device."""
        if self._device.type != "cuda":
            return decoded
        return prefetch(decoded, CopyStream(self._device).send)

    def _decoded(
        self,
        images: StoredImages,
        batches: Iterable[Tensor],
        mend: Mend,
        crops_of: CropsOf | None = None,
    ) -> Generator[DecodedBatch, None, None]:
        """The images of these indices, batch by batch; the next one may overwrite the pixels.

        `mend` changes a batch in place of each of its images that is broken. A pass leaves one
        slot free for a second pass, which an inspection may start meanwhile.
        """
        waiting: deque[Pending] = deque()
        following = iter(batches)
        try:
            while True:
                while (
                    len(self._free) > bool(waiting)
                    and (indices := next(following, None)) is not None
                ):
                    waiting.append(self._begin(images, self._free.pop(), indices, crops_of))
                if not waiting:
                    return
                yield self._finish(images, waiting[0], mend)
                self._free.append(waiting.popleft().task.slot)
        except BrokenProcessPool as error:
            raise DataError(self._decoders.why_died) from error
        finally:
            self._decoders.release([pending.task for pending in waiting])
            self._free += [pending.task.slot for pending in waiting]

    def _begin(
        self, images: StoredImages, slot: int, indices: Tensor, crops_of: CropsOf | None
    ) -> Pending:
        wanted = indices.tolist()
        stored = [images.stored[index] for index in wanted]
        making = images.making(wanted, crops_of and crops_of(wanted))
        return Pending(self._decoders.submit(slot, stored, making=making), indices, crops_of)

    def _finish(self, images: StoredImages, pending: Pending, mend: Mend) -> DecodedBatch:
        (task, _, crops_of), indices = pending, pending.indices.clone()
        crops = task.making.crops
        side = images.image_format.size if crops is None else crops.size
        pixels = torch.from_numpy(self._decoders.views(task.slot, side))
        batch = pixels[: len(indices)], images.labels[indices], indices, indices.clone()
        for position, why in self._decoders.result(task).items():
            index = int(indices[position])
            image = images.stored[index]
            images.broken[image] = why
            self._broken[self._split_number(images), index] = image, why
            mend(images, batch, Place(task.slot, position, crops_of))
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
        _, labels, indices, sighted = batch
        slot, position, crops_of = place

        def decode(at: int) -> str:
            # Not by this process, which the next image may crash, too.
            making = images.making([at], crops_of and crops_of([at]))
            return self._decoders.decode_one(slot, position, images.stored[at], making)

        shown = images.first_decoded(int(indices[position]) + 1, decode)
        indices[position], labels[position] = shown, images.labels[shown]
        sighted[position] = len(images)

    def _leave_out(self, images: StoredImages, batch: DecodedBatch, place: Place) -> None:
        """Leave a place of a batch empty."""
        pixels, labels, indices, _ = batch
        images.check_broken_in_a_row(int(indices[place.position]))
        pixels[place.position], labels[place.position] = 0, LEFT_OUT
