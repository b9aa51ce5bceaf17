"""The resident loader: what comes in which order, from any step on."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from engine.data.augment import Augmentation
from engine.data.dataset import Images
from engine.data.resident import ResidentLoader
from engine.data.seeds import generator

CPU = torch.device("cpu")
MEAN, STD = (0.5, 0.25, 0.0), (0.25, 0.5, 1.0)


def images(count: int = 10, channels: int = 3) -> Images:
    """Random images, labelled by their index."""
    shape = (count, channels, 6, 6)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(CPU, 0))
    return Images(pixels, torch.arange(count))


def loader(
    augmentation: Augmentation | None = None,
    *,
    batch: int = 4,
    seed: int = 0,
    layout: torch.memory_format = torch.contiguous_format,
) -> ResidentLoader:
    return ResidentLoader(
        images(),
        mean=MEAN,
        std=STD,
        batch=batch,
        seed=seed,
        augmentation=augmentation,
        device=CPU,
        memory_format=layout,
    )


def normalised(pixels: Tensor) -> Tensor:
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return (pixels / 255 - mean) / std


def order(batches: ResidentLoader, epoch: int) -> list[int]:
    return [label for _, labels in batches.batches(epoch) for label in labels.tolist()]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_batches_are_normalised_images_with_their_labels(layout: torch.memory_format) -> None:
    for pixels, labels in loader(layout=layout).batches(1):
        assert pixels.dtype == torch.float32
        assert pixels.is_contiguous(memory_format=layout)
        torch.testing.assert_close(pixels, normalised(images().pixels[labels]))


def test_the_incomplete_batch_is_dropped_and_no_image_comes_twice() -> None:
    assert loader().steps_per_epoch == 2
    seen = order(loader(), 1)
    assert len(seen) == len(set(seen)) == 8


def test_a_batch_larger_than_the_set_is_the_set() -> None:
    whole = loader(batch=64)
    assert whole.steps_per_epoch == 1
    assert sorted(order(whole, 1)) == list(range(10))


def test_seed_and_epoch_decide_the_order() -> None:
    assert order(loader(), 1) == order(loader(), 1)
    assert order(loader(), 1) != order(loader(), 2)
    assert order(loader(), 1) != order(loader(seed=1), 1)


@pytest.mark.parametrize(
    "augmentation", [None, Augmentation(2, True, 0.0, 0.0), Augmentation(1, True, 15.0, 0.1)]
)
def test_starting_late_gives_the_batches_that_skipping_would(
    augmentation: Augmentation | None,
) -> None:
    batches = loader(augmentation, batch=2)
    late = list(batches.batches(3, first=2))
    skipped = list(itertools.islice(batches.batches(3), 2, None))
    assert len(late) == len(skipped) == 3
    for (ours, our_labels), (theirs, their_labels) in zip(late, skipped, strict=True):
        assert torch.equal(ours, theirs)
        assert torch.equal(our_labels, their_labels)


def test_each_step_is_augmented_by_draws_of_its_own() -> None:
    augmentation = Augmentation(2, False, 0.0, 0.0)
    batches = loader(augmentation, batch=5)
    for step, (pixels, labels) in enumerate(batches.batches(1)):
        expected = augmentation(images().pixels[labels], generator(CPU, 0, 1, step))
        torch.testing.assert_close(pixels, normalised(expected))


def test_training_leaves_the_stored_pixels_alone() -> None:
    batches = loader(Augmentation(1, True, 10.0, 0.1))
    before = [pixels.clone() for pixels, _ in batches.batches(1)]
    assert all(map(torch.equal, before, [pixels for pixels, _ in batches.batches(1)]))


def test_evaluation_goes_through_all_images_in_order_as_they_are() -> None:
    batches = list(loader(Augmentation(2, True, 0.0, 0.0)).evaluation_batches(images(7), 3))
    assert [len(labels) for _, labels in batches] == [3, 3, 1]
    assert torch.equal(torch.cat([labels for _, labels in batches]), torch.arange(7))
    found = torch.cat([pixels for pixels, _ in batches])
    torch.testing.assert_close(found, normalised(images(7).pixels))


def test_generators_of_neighbouring_numbers_have_nothing_in_common() -> None:
    numbers = [(0, 1), (1, 0), (0, 1, 0), (0, 10), (2**63 - 1, 1)]
    seeds = {generator(CPU, *each).initial_seed() for each in numbers}
    assert len(seeds) == len(numbers)
    assert generator(CPU, 1, 2, 3).initial_seed() == generator(CPU, 1, 2, 3).initial_seed()
