"""Eight images of a script's data, read without iterating over its loader.

A loader that is iterated draws random numbers and starts workers. Here items of its data set are
read by their index, in this process, and put together as the loader does it. All random states are
as they were afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, SequentialSampler, default_collate

from cnn_tui.watching import obeying_text
from cnn_tui.watching.labelled_images import LabelledImages, labelled_images
from cnn_tui.watching.random_states import kept_random_states
from cnn_tui.watching.refusal_error import RefusalError

COUNT = 8


def is_sequential(data: Any) -> bool:
    """Whether the images that a loader gives have the order of its data set."""
    return isinstance(data, DataLoader) and type(data.sampler) is SequentialSampler


class SampleImages:
    """Images of `data`: a loader, a data set, or one batch.

    Over a loader that does not shuffle, and over a data set, image k is item k. Over any other
    there are only eight images, which are spread over the data set.
    """

    def __init__(self, data: Any) -> None:
        self._data = data
        self.dataset: Any = data.dataset if isinstance(data, DataLoader) else data
        self._first: LabelledImages | None = None
        self._refusal = obeying_text.NO_DATA if data is None else ""
        is_batch = isinstance(data, Tensor) or (
            isinstance(data, (tuple, list, Mapping)) and not hasattr(data, "collate_fn")
        )
        self._batch = data if is_batch else None
        has_items = is_batch or hasattr(self.dataset, "__getitem__")
        if data is not None and (not has_items or isinstance(self.dataset, IterableDataset)):
            self._refusal = obeying_text.not_indexed(data)

    def first(self) -> LabelledImages:
        """The first images, at most eight. They are read once. Raises RefusalError."""
        if self._refusal:
            raise RefusalError(self._refusal)
        if self._first is None:
            try:
                self._first = self._read_first()
            except RefusalError as refusal:
                self._refusal = str(refusal)
                raise
        return self._first

    @property
    def count(self) -> int:
        """How many images `at` reaches; 0 if none can be read."""
        try:
            first = len(self.first().images)
        except RefusalError:
            return 0
        return self._length() if self._reaches_all else first

    def at(self, index: int) -> LabelledImages:
        """One image. Raises RefusalError where it is not there or cannot be read."""
        if not 0 <= index < self.count:
            self.first()
            raise RefusalError(obeying_text.no_such_image(self.count))
        if self._reaches_all and index >= COUNT:
            return _cut(self._read([index]), 1)
        images, labels, target = self.first()
        one = slice(index, index + 1)
        return LabelledImages(images[one], None if labels is None else labels[one], target)

    @property
    def _reaches_all(self) -> bool:
        """Whether image k is item k of the data set, for all its items."""
        if self._batch is not None or not self._length():
            return False
        data = self._data
        return not isinstance(data, DataLoader) or (
            is_sequential(data) and not self._items_are_batches
        )

    def _length(self) -> int:
        try:
            return len(self.dataset)
        except (TypeError, NotImplementedError):
            return 0

    def _read_first(self) -> LabelledImages:
        if self._batch is not None:
            return _cut(labelled_images(self._batch), COUNT)
        indices = [0] if self._items_are_batches else self._first_indices()
        return _cut(self._read(indices), COUNT)

    @property
    def _items_are_batches(self) -> bool:
        data = self._data
        if not isinstance(data, DataLoader):
            return False
        return data.batch_size is None and data.batch_sampler is None

    def _first_indices(self) -> Sequence[int]:
        length = self._length()
        if not length or self._reaches_all:
            return range(min(length or COUNT, COUNT))
        return [at * length // COUNT for at in range(COUNT)] if length > COUNT else range(length)

    def _read(self, indices: Sequence[int]) -> LabelledImages:
        try:
            with kept_random_states():
                items = [self.dataset[index] for index in indices]
                return labelled_images(self._put_together(items))
        except RefusalError:
            raise
        except Exception as error:
            raise RefusalError(obeying_text.unreadable(error)) from error

    def _put_together(self, items: list[Any]) -> Any:
        if not isinstance(self._data, DataLoader):
            return default_collate(items)
        return self._data.collate_fn(items[0] if self._items_are_batches else items)


def _cut(found: LabelledImages, count: int) -> LabelledImages:
    """The first images, on the CPU, so that showing them later waits for no device."""
    images, labels, target = found
    own = None if labels is None else labels[:count].cpu()
    return LabelledImages(images[:count].detach().cpu(), own, target)
