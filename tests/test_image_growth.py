"""The size of training images that grow over the epochs."""

from __future__ import annotations

import pytest

from engine.recipes.image_growth import side
from engine.recipes.recipe import Recipe


def sides(epochs: int, size: int = 224, start: int = 128) -> list[int]:
    recipe = Recipe(size=size, size_start=start, crop_scale=(0.25, 1.0))
    return [side(recipe, size, epoch, epochs) for epoch in range(1, epochs + 1)]


def test_images_grow_by_32_pixels_over_three_quarters_of_the_epochs() -> None:
    assert sides(16) == [*[128] * 4, *[160] * 4, *[192] * 4, *[224] * 4]
    assert sides(8, 100, 32) == [*[32] * 3, *[64] * 3, *[100] * 2]


@pytest.mark.parametrize("epochs", range(1, 12))
def test_the_last_epoch_has_the_full_size(epochs: int) -> None:
    found = sides(epochs)
    assert found[-1] == 224
    assert found == sorted(found)
    assert epochs == 1 or found[0] == 128


def test_without_a_start_the_size_stays() -> None:
    assert sides(4, start=0) == [224] * 4
    assert sides(4, start=224) == [224] * 4
