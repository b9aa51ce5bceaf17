"""The resident loader: what comes in which order, from any step on."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import RawBatch
from engine.data.base.dataset import Images
from engine.data.base.seeds import seeded_generator
from engine.data.loaders.resident_loader import ResidentLoader
from engine.recipes.recipe import Recipe

CPU = torch.device("cpu")
MEAN, STD = (0.5, 0.25, 0.0), (0.25, 0.5, 1.0)
NONE = Augmentation()
CROPPED = Augmentation.of(Recipe(crop=2, flip=True))


def images(count: int = 10, channels: int = 3) -> Images:
    """Random images, labelled by their index."""
    shape = (count, channels, 6, 6)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded_generator(CPU, 0))
    return Images(pixels, torch.arange(count))


def loader(
    augmentation: Augmentation = NONE,
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
    return [label for batch in batches.batches(epoch) for label in batch.labels.tolist()]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_batches_are_normalised_images_with_their_labels(layout: torch.memory_format) -> None:
    for batch in loader(layout=layout).batches(1):
        assert batch.images.dtype == torch.float32
        assert batch.images.is_contiguous(memory_format=layout)
        torch.testing.assert_close(batch.images, normalised(images().pixels[batch.labels]))


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
    "recipe",
    [
        Recipe(),
        Recipe(crop=2, flip=True),
        Recipe(crop=1, flip="alternating", rotate=15.0, shift=0.1),
        Recipe(hue=0.1, cutout=2, mixup=0.2),
    ],
)
def test_starting_late_gives_the_batches_that_skipping_would(
    recipe: Recipe,
) -> None:
    batches = loader(Augmentation.of(recipe), batch=2)
    late = list(batches.batches(3, first=2))
    skipped = list(itertools.islice(batches.batches(3), 2, None))
    assert len(late) == len(skipped) == 3
    for ours, theirs in zip(late, skipped, strict=True):
        assert torch.equal(ours.images, theirs.images)
        assert torch.equal(ours.labels, theirs.labels)


def test_each_step_is_augmented_by_draws_of_its_own() -> None:
    augmentation = Augmentation.of(Recipe(crop=2, flip="alternating"))
    batches, draws = loader(augmentation, batch=5), torch.Generator()
    for step, batch in enumerate(batches.batches(1)):
        taken = batch.labels  # each image is labelled by its index
        drawn = RawBatch(images().pixels[taken], taken, taken, taken, epoch=1, step=step)
        augmentation.seed_generator(draws, drawn)
        again = augmentation(drawn, draws, batches.normalise)
        assert torch.equal(batch.images, again.images)


def test_training_leaves_the_stored_pixels_alone() -> None:
    batches = loader(Augmentation.of(Recipe(crop=1, flip=True, rotate=10.0, mixup=0.2)))
    before = [batch.images.clone() for batch in batches.batches(1)]
    assert all(map(torch.equal, before, [batch.images for batch in batches.batches(1)]))


def test_evaluation_goes_through_all_images_in_order_as_they_are() -> None:
    batches = list(loader(CROPPED).evaluation_batches(images(7), 3))
    assert [len(labels) for _, labels in batches] == [3, 3, 1]
    assert torch.equal(torch.cat([labels for _, labels in batches]), torch.arange(7))
    found = torch.cat([pixels for pixels, _ in batches])
    torch.testing.assert_close(found, normalised(images(7).pixels))


def test_generators_of_neighbouring_numbers_have_nothing_in_common() -> None:
    numbers = [(0, 1), (1, 0), (0, 1, 0), (0, 10), (2**63 - 1, 1)]
    seeds = {seeded_generator(CPU, *each).initial_seed() for each in numbers}
    assert len(seeds) == len(numbers)
    assert (
        seeded_generator(CPU, 1, 2, 3).initial_seed()
        == seeded_generator(CPU, 1, 2, 3).initial_seed()
    )
