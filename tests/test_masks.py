"""Boxes: where they lie, how large they are, and what is erased."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.data.augmentation.boxes import Boxes
from engine.data.augmentation.masks import (
    AREA,
    ASPECT,
    Masks,
    cutmix_boxes,
    cutout_boxes,
    erasing_boxes,
)
from engine.recipes.recipe import Recipe


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def chance(rows: int, count: int) -> Tensor:
    return torch.rand(rows, count, generator=seeded())


def test_a_mask_covers_rows_and_columns_of_its_box() -> None:
    box = Boxes(*(torch.tensor([edge]) for edge in (1, 3, -2, 2)))
    mask = box.mask(4, 5)
    assert mask.shape == (1, 1, 4, 5)
    covered = [(y, x) for y in range(4) for x in range(5) if mask[0, 0, y, x]]
    assert covered == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_squares_lie_about_every_pixel_and_may_hang_over_the_edge() -> None:
    boxes = cutout_boxes(chance(2, 5000), 4, 6, 9)
    assert set((boxes.top + 2).tolist()) == set(range(6))
    assert set((boxes.left + 2).tolist()) == set(range(9))
    covered = boxes.mask(6, 9).sum((1, 2, 3))
    assert covered.max() == 16
    assert covered.min() == 4


def test_cutout_erases_a_square_of_each_image_and_nothing_else() -> None:
    images = torch.randn(200, 3, 16, 16, generator=seeded())
    before = images.clone()
    Masks(cutout=4)(images, seeded(1))
    erased = (images == 0).all(1)
    assert torch.equal(
        images[~erased[:, None].expand_as(images)], before[~erased[:, None].expand_as(images)]
    )
    counts = erased.sum((1, 2))
    assert counts.max() == 16
    assert counts.min() >= 4
    assert len({tuple(place.nonzero()[0].tolist()) for place in erased}) > 50


def test_rectangles_have_the_areas_and_aspects_of_random_erasing() -> None:
    height, width = 400, 300
    boxes = erasing_boxes(chance(4, 5000), height, width)
    h, w = boxes.bottom - boxes.top, boxes.right - boxes.left
    for low, high, side in ((boxes.top, boxes.bottom, height), (boxes.left, boxes.right, width)):
        assert low.min() == 0
        assert high.max() == side
    whole = (h < height) & (w < width)  # those that were not cut
    area, aspect = (h * w / (height * width))[whole], (h / w)[whole]
    assert area.min() > AREA[0] * 0.95
    assert area.max() < AREA[1] * 1.01
    assert aspect.min() > ASPECT[0] * 0.95
    assert aspect.max() < ASPECT[1] * 1.05
    assert abs(aspect.log().mean()) < 0.05


def test_erasing_takes_its_share_of_the_images() -> None:
    images = torch.ones(2000, 1, 8, 8)
    Masks(erasing=0.3)(images, seeded())
    share = (images == 0).any((1, 2, 3)).float().mean()
    assert 0.27 < share < 0.33


def test_a_patch_has_its_share_of_the_area_where_it_is_whole() -> None:
    share = torch.full((4000,), 0.25)
    boxes = cutmix_boxes(share, chance(2, 4000), 32, 64)
    covered = boxes.mask(32, 64).sum((1, 2, 3))
    assert covered.max() == 16 * 32
    whole = (boxes.bottom - boxes.top == 16) & (boxes.right - boxes.left == 32)
    assert torch.equal(covered == 16 * 32, whole)
    assert covered.min() >= 16 * 32 / 4


def test_a_patch_of_nothing_and_of_all() -> None:
    boxes = cutmix_boxes(torch.tensor([0.0, 1.0]), torch.full((2, 2), 0.5), 8, 8)
    assert boxes.mask(8, 8).sum((1, 2, 3)).tolist() == [0, 64]


def test_masks_keep_the_memory_format() -> None:
    images = torch.ones(4, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    Masks(cutout=4, erasing=1.0)(images, seeded())
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert math.isclose(float((images == 0).float().mean()), 0.3, abs_tol=0.25)


def test_a_recipe_that_erases_nothing_has_none() -> None:
    assert Masks.of(Recipe(crop=4)) is None
    assert Masks.of(Recipe(cutout=8, erasing=0.25)) == Masks(8, 0.25)
