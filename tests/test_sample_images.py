"""Eight images of anybody's data, found without iterating, drawing numbers or starting workers."""

from __future__ import annotations

import random
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, SequentialSampler

from cnn_tui.watching.labelled_images import labelled_images
from cnn_tui.watching.random_states import random_states
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.sample_images import COUNT, SampleImages
from cnn_tui.watching.shown_pixels import ShownPixels, as_images
from tests.watched_scripts import images, loader


class Watched(Dataset[tuple[Tensor, int]]):
    """Draws from every random generator, and keeps what was read."""

    def __init__(self, length: int = 100) -> None:
        self.read: list[int] = []
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        self.read.append(index)
        random.random()
        np.random.rand()
        return torch.full((3, 4, 5), float(index)) + torch.rand(()) * 0, index


def states() -> str:
    return repr(random_states())


def test_eight_items_are_read_once_and_no_random_number_is_drawn() -> None:
    data = Watched()
    sample = SampleImages(DataLoader(data, 32, shuffle=True, num_workers=2))
    before = states()
    assert sample.first() is sample.first()
    assert states() == before
    assert data.read == [0, 12, 25, 37, 50, 62, 75, 87]
    assert sample.count == COUNT
    assert sample.at(2).images.shape == (1, 3, 4, 5)
    assert int(sample.at(2).images[0, 0, 0, 0]) == 25
    assert len(data.read) == COUNT
    with pytest.raises(RefusalError, match="from 0 to 7"):
        sample.at(8)


@pytest.mark.parametrize("kind", ["loader", "data set"])
def test_without_a_shuffle_every_image_is_reached_by_its_index(kind: str) -> None:
    data = Watched()
    sample = SampleImages(DataLoader(data, 32) if kind == "loader" else data)
    assert sample.count == 100
    assert int(sample.at(99).images[0, 0, 0, 0]) == 99
    assert data.read == [*range(COUNT), 99]
    with pytest.raises(RefusalError, match="from 0 to 99"):
        sample.at(100)


def test_the_loaders_own_function_puts_items_together() -> None:
    def collate(items: list[Any]) -> dict[str, Tensor]:
        pixels, labels = zip(*items, strict=True)
        return {"label": torch.tensor(labels), "pixel_values": torch.stack(pixels) * 2}

    found = SampleImages(DataLoader(Watched(9), 2, collate_fn=collate)).first()
    assert found.images[:, 0, 0, 0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert found.labels is not None
    assert found.labels.tolist() == [*range(8)]


def test_a_loader_of_whole_batches_reads_one_of_them() -> None:
    class Batches(Watched):
        def __getitem__(self, index: int) -> Any:
            return torch.zeros(32, 3, 4, 5), torch.zeros(32, dtype=torch.long)

    sample = SampleImages(DataLoader(Batches(), batch_size=None))
    assert sample.count == COUNT == len(sample.first().images)


def test_a_batch_sampler_is_no_order_of_the_images() -> None:
    data = Watched()
    sampler = BatchSampler(SequentialSampler(data), 5, False)
    assert SampleImages(DataLoader(data, batch_sampler=sampler)).count == 100


@pytest.mark.parametrize(
    "data",
    [
        (torch.zeros(20, 1, 8, 8), torch.zeros(20, dtype=torch.long)),
        torch.zeros(20, 1, 8, 8),
        {"image": torch.zeros(20, 1, 8, 8)},
    ],
)
def test_one_batch_will_do(data: Any) -> None:
    sample = SampleImages(data)
    assert sample.count == COUNT
    assert sample.at(7).images.shape == (1, 1, 8, 8)


class Stream(IterableDataset[Tensor]):
    def __iter__(self) -> Any:
        raise AssertionError("data is never iterated")


def generated() -> Any:
    yield from ()


@pytest.mark.parametrize("data", [DataLoader(Stream()), Stream(), generated(), 5])
def test_data_without_items_is_refused_in_a_sentence(data: Any) -> None:
    sample = SampleImages(data)
    assert sample.count == 0
    with pytest.raises(RefusalError, match=r"no items by index.*next\(iter\(loader\)\)"):
        sample.at(0)


def test_no_data_is_refused_with_what_to_pass() -> None:
    with pytest.raises(RefusalError, match=r"data=val_loader"):
        SampleImages(None).at(0)


def test_a_data_set_that_fails_is_told_and_asked_no_more() -> None:
    class Broken(Watched):
        def __getitem__(self, index: int) -> Any:
            self.read.append(index)
            raise OSError("no such file: cat.jpg")

    data = Broken()
    sample = SampleImages(data)
    for _ in range(2):
        with pytest.raises(RefusalError, match=r"no such file: cat.jpg"):
            sample.first()
    assert data.read == [0]


PIXELS, LABELS = torch.zeros(4, 3, 8, 8), torch.tensor([2, 0, 1, 2])
Item = namedtuple("Item", ["x", "y", "name"])


@pytest.mark.parametrize(
    "batch",
    [
        (PIXELS, LABELS),
        [PIXELS, LABELS],
        Item(PIXELS, LABELS, ("a", "b", "c", "d")),
        {"image": PIXELS, "label": LABELS},
        {"id": LABELS + 5, "img": PIXELS, "target": LABELS},
        {"anything": PIXELS, "labels": LABELS[:, None]},
        (PIXELS, torch.eye(3)[LABELS]),
    ],
)
def test_images_and_labels_are_found(batch: Any) -> None:
    found = labelled_images(batch)
    assert found.images is PIXELS
    assert found.labels is not None
    assert found.labels.tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize(
    "batch",
    [PIXELS, [PIXELS], (PIXELS, torch.rand(4, 4) * 5), (PIXELS, PIXELS), (PIXELS, {"boxes": 1})],
)
def test_what_has_no_classes_has_no_labels(batch: Any) -> None:
    assert labelled_images(batch).labels is None


def test_of_images_of_several_sizes_the_first_is_taken() -> None:
    several = (torch.zeros(3, 8, 8), torch.zeros(3, 9, 7)), ({"boxes": 1}, {"boxes": 2})
    assert labelled_images(several).images.shape == (1, 3, 8, 8)


@pytest.mark.parametrize("batch", ["text", None, {"a": 1}, [], ["a", "b"], 5])
def test_a_batch_without_images_is_refused(batch: Any) -> None:
    with pytest.raises(RefusalError, match="no images were found"):
        labelled_images(batch)


def test_bytes_and_fractions_are_shown_as_they_are() -> None:
    coded = torch.tensor([[[[0, 100, 255]]]], dtype=torch.uint8)
    assert ShownPixels(coded).pixels(coded).tolist() == coded.tolist()
    shares = torch.tensor([[[[0.0, 0.5, 1.0]]]])
    assert ShownPixels(shares).pixels(shares).tolist() == [[[[0, 128, 255]]]]


def test_a_normalisation_is_undone_where_the_sample_has_black_and_white() -> None:
    raw = torch.rand(8, 3, 8, 6)
    raw[0, :, 0, 0], raw[1, :, 0, 0] = 0, 1
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    normalised = (raw - mean) / deviation
    shown = ShownPixels(normalised).pixels(normalised)
    assert (shown.int() - (raw * 255).round().int()).abs().max() <= 1


def test_values_that_are_not_finite_are_shown_as_zero() -> None:
    values = torch.tensor([[[[0.0, torch.nan, torch.inf, 1.0]]]])
    assert ShownPixels(values).pixels(values).tolist() == [[[[0, 0, 0, 255]]]]


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((2, 7), (2, 1, 1, 7)),
        ((2, 5, 7), (2, 1, 5, 7)),
        ((2, 1, 5, 7), (2, 1, 5, 7)),
        ((2, 3, 5, 7), (2, 3, 5, 7)),
        ((2, 4, 5, 7), (2, 3, 5, 7)),
        ((2, 9, 5, 7), (2, 1, 5, 7)),
        ((2, 3, 8, 5, 7), (2, 3, 5, 7)),
    ],
)
def test_all_that_a_model_takes_becomes_images(
    shape: tuple[int, ...], shown: tuple[int, ...]
) -> None:
    assert as_images(torch.zeros(shape)).shape == shown


def test_the_numbers_of_a_loader_go_on_as_if_nobody_had_looked() -> None:
    torch.manual_seed(3)
    expected = [labels.tolist() for _, labels in loader(shuffle=True)]
    torch.manual_seed(3)
    data = loader(shuffle=True)
    SampleImages(data).first()
    assert [labels.tolist() for _, labels in data] == expected
    assert len(images()) == 20
