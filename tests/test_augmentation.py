"""The steps of augmentation together: which of them a recipe gets, and what decides the draws."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.data.augmentation.augmentation import Augmentation
from engine.data.augmentation.colour import Colour
from engine.data.augmentation.geometry import Geometry
from engine.data.augmentation.masks import Masks
from engine.data.augmentation.mixing import Mixing
from engine.data.augmentation.policy import Policy
from engine.data.base.batch import Batch, RawBatch
from engine.data.base.seeds import seeded_generator
from engine.recipes.recipe import Recipe

CPU = torch.device("cpu")
EVERYTHING = Recipe(
    seed=5,
    crop=2,
    flip=True,
    rotate=10.0,
    brightness=0.2,
    hue=0.1,
    cutout=4,
    erasing=0.5,
    mixup=0.2,
    cutmix=1.0,
)


def drawn(epoch: int = 1, step: int = 0) -> RawBatch:
    numbers = torch.arange(16)
    pixels = torch.randint(
        0, 256, (16, 3, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    return RawBatch(pixels, numbers, numbers, numbers, epoch, step)


def halved(pixels: Tensor) -> Tensor:
    return pixels.float() / 255 - 0.5


def augmented(augmentation: Augmentation, drawn: RawBatch) -> Batch:
    draws = torch.Generator()
    augmentation.seed_generator(draws, drawn)
    return augmentation(drawn, draws, halved)


def tensors(batch: Batch) -> list[Tensor]:
    return [part for part in batch if part is not None]


def test_a_recipe_that_asks_for_nothing_only_normalises() -> None:
    asked = Augmentation.of(Recipe())
    assert asked == Augmentation()
    batch = augmented(asked, drawn())
    assert torch.equal(batch.images, halved(drawn().pixels))
    assert torch.equal(batch.labels, drawn().labels)
    assert batch.others is None


def test_a_recipe_gets_what_it_asks_for() -> None:
    assert Augmentation.of(EVERYTHING) == Augmentation(
        5,
        Geometry(crop=2, flip=True, rotate=10.0, seed=5),
        None,
        Colour(brightness=0.2, hue=0.1),
        Masks(4, 0.5),
        Mixing(0.2, 1.0),
    )


def test_a_policy_is_that_of_the_recipe() -> None:
    trivial = Recipe(auto_augment="trivialaugment", num_ops=3, magnitude=20)
    assert Augmentation.of(trivial).policy == Policy("trivialaugment")
    random = Recipe(auto_augment="randaugment", num_ops=3, magnitude=20)
    assert Augmentation.of(random).policy == Policy("randaugment", 3, 20)


def test_images_that_were_cropped_from_a_canvas_are_not_moved_again() -> None:
    recipe = Recipe(seed=2, crop_scale=(0.25, 1.0), flip=True, auto_augment="trivialaugment")
    assert Augmentation.of(recipe).geometry == Geometry(flip=True, crop_scale=(0.25, 1.0), seed=2)
    assert Augmentation.of(recipe, canvas=64) == Augmentation(2, policy=Policy("trivialaugment"))


def test_a_policy_comes_after_the_geometry_and_before_the_colours() -> None:
    recipe = Recipe(seed=5, zoom=0.2, brightness=0.2, auto_augment="randaugment")
    found = augmented(Augmentation.of(recipe), drawn(2, 3)).images
    draws = seeded_generator(CPU, 5, 2, 3)
    moved = Geometry(zoom=0.2, seed=5)(drawn(2, 3), draws)
    changed = Policy("randaugment", 2, 9)(moved.round().to(torch.uint8), draws)
    assert torch.equal(found, halved(Colour(brightness=0.2)(changed, draws)))


def test_steps_come_in_their_order_from_one_generator() -> None:
    found = augmented(Augmentation.of(EVERYTHING), drawn(2, 3))
    draws = seeded_generator(CPU, 5, 2, 3)
    pixels = Geometry(crop=2, flip=True, rotate=10.0, seed=5)(drawn(2, 3), draws)
    images = halved(Colour(brightness=0.2, hue=0.1)(pixels, draws))
    Masks(4, 0.5)(images, draws)
    mixed = Mixing(0.2, 1.0)(images, drawn().labels, draws)
    expected = mixed._replace(indices=drawn(2, 3).sighted)
    for one, other in zip(tensors(found), tensors(expected), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(flip=True),
        Recipe(zoom=0.2),
        Recipe(crop_scale=(0.25, 1.0)),
        Recipe(auto_augment="trivialaugment"),
        Recipe(hue=0.2),
        Recipe(cutout=4),
        Recipe(erasing=0.5),
        Recipe(mixup=0.5),
        Recipe(cutmix=0.5),
    ],
    ids=lambda recipe: str(Augmentation.of(recipe)),
)
def test_seed_epoch_and_step_decide(recipe: Recipe) -> None:
    asked, other_seed = Augmentation.of(recipe), Augmentation.of(EVERYTHING)
    images = augmented(asked, drawn(1, 0)).images
    assert torch.equal(images, augmented(asked, drawn(1, 0)).images)
    for other in (
        augmented(asked, drawn(1, 1)),
        augmented(asked, drawn(2, 0)),
        augmented(other_seed, drawn(1, 0)),
    ):
        assert not torch.equal(images, other.images)


def test_the_stored_pixels_stay_as_they_were() -> None:
    batch = drawn()
    before = batch.pixels.clone()
    augmented(Augmentation.of(EVERYTHING), batch)
    assert torch.equal(batch.pixels, before)
