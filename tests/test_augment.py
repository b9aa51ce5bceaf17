"""Augmentation: pixels that move against loops, the affine against torchvision's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from engine.data.augment import Augmentation, Placement, affine, moved
from engine.recipe import Recipe


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded())


def smooth(height: int, width: int) -> Tensor:
    """One image (1, 3, H, W) float32 of waves, which interpolation hardly changes."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    waves = [torch.sin(x / 3), torch.cos(y / 4), torch.sin((x + 2 * y) / 5)]
    return torch.stack(waves)[None] * 100


def placement(
    mirrored: list[bool], angle: list[float], down: Sequence[float], right: Sequence[float]
) -> Placement:
    return Placement(*(torch.tensor(values) for values in (mirrored, angle, down, right)))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_moved_pixels_are_exactly_those_beside_with_edges_repeated(dtype: torch.dtype) -> None:
    images = noise(3, 2, 4, 5).to(dtype)
    mirrored, down, right = [False, True, True], [1, 0, -2], [-3, 0, 2]
    found = moved(images, placement(mirrored, [0.0] * 3, down, right))
    assert found.dtype == dtype
    for n in range(3):
        source = images[n].flip(-1) if mirrored[n] else images[n]
        for y in range(4):
            for x in range(5):
                row, column = min(3, max(0, y - down[n])), min(4, max(0, x - right[n]))
                assert torch.equal(found[n, :, y, x], source[:, row, column])


def test_moved_takes_any_memory_format() -> None:
    images = noise(2, 3, 6, 6)
    where = placement([True, False], [0.0, 0.0], [1, -1], [2, 0])
    other = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(moved(other, where), moved(images, where))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (24, 40)])
@pytest.mark.parametrize(
    ("mirrored", "degrees", "down", "right"),
    [
        (False, 15.0, 0.0, 0.0),
        (False, -12.0, 2.5, -1.25),
        (True, 10.0, -1.0, 3.0),
        (True, 0.0, 0.0, 0.0),
    ],
)
def test_affine_agrees_with_torchvision(
    mirrored: bool, degrees: float, down: float, right: float, height: int, width: int
) -> None:
    image = smooth(height, width)
    where = placement([mirrored], [math.radians(degrees)], [down], [right])
    expected = reference.affine(
        image.flip(-1) if mirrored else image,
        angle=degrees,
        translate=[right, down],
        scale=1.0,
        shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    inner = (..., slice(9, -9), slice(9, -9))
    torch.testing.assert_close(affine(image, where)[inner], expected[inner], rtol=0, atol=1e-2)


def test_affine_of_whole_pixels_is_moved() -> None:
    images = noise(4, 3, 16, 16).float()
    coin, down, right = [True, False, True, False], [3, -2, 0, 16], [-4, 1, 0, -16]
    found = affine(images, placement(coin, [0.0] * 4, down, right))
    expected = moved(images, placement(coin, [0.0] * 4, down, right))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-2)


def test_crop_is_joined_into_the_affine() -> None:
    images = noise(64, 1, 16, 16)
    both = Augmentation(crop=3, flip=False, rotate=0.0, shift=0.25)
    where = both.draw(images, seeded())
    torch.testing.assert_close(both(images, seeded()), affine(images.float(), where))
    assert where.down.abs().max() > 4  # more than a shift of a quarter alone
    assert where.down.abs().max() <= 4 + 3


def test_draws_fill_their_ranges_and_differ_by_image() -> None:
    images = torch.empty(4000, 1, 20, 10)
    where = Augmentation(crop=0, flip=True, rotate=30.0, shift=0.1).draw(images, seeded())
    for values, largest in ((where.angle, math.pi / 6), (where.down, 2.0), (where.right, 1.0)):
        assert values.abs().max() <= largest
        assert values.max() > 0.99 * largest
        assert values.min() < -0.99 * largest
        assert abs(values.mean()) < 0.05 * largest
    assert 0.47 < where.mirrored.float().mean() < 0.53


def test_crop_draws_every_offset_to_both_sides() -> None:
    where = Augmentation(crop=2, flip=False, rotate=0.0, shift=0.0).draw(
        torch.empty(500, 1, 8, 8), seeded()
    )
    assert set(where.down.tolist()) == set(where.right.tolist()) == {-2, -1, 0, 1, 2}
    assert not where.mirrored.any()


@pytest.mark.parametrize(
    "asked", [Augmentation(4, True, 0.0, 0.0), Augmentation(0, True, 15.0, 0.1)]
)
def test_the_generator_decides(asked: Augmentation) -> None:
    images = noise(16, 3, 12, 12)
    assert torch.equal(asked(images, seeded(1)), asked(images, seeded(1)))
    assert not torch.equal(asked(images, seeded(1)), asked(images, seeded(2)))


def test_moving_keeps_uint8_and_interpolation_makes_float() -> None:
    images = noise(2, 1, 8, 8)
    assert Augmentation(1, True, 0.0, 0.0)(images, seeded()).dtype == torch.uint8
    assert Augmentation(1, True, 5.0, 0.0)(images, seeded()).dtype == torch.float32


def test_a_recipe_that_asks_for_nothing_has_none() -> None:
    assert Augmentation.of(Recipe()) is None
    asked = Augmentation.of(Recipe(crop=4, flip=True, rotate=10.0, shift=0.1))
    assert asked == Augmentation(crop=4, flip=True, rotate=10.0, shift=0.1)
