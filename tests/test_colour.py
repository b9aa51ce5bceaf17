"""Colours against torchvision's operations."""

from __future__ import annotations

import colorsys
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as reference

from engine.data.augmentation.colour import Colour, ColourFactors, adjust_colours, grey, hue_matrix
from engine.recipes.recipe import Recipe

CPU = torch.device("cpu")
# Of 255 levels; torchvision rounds the weights of grey alike, so that only float32 differs.
TOLERANCE = 0.01


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def middling(count: int = 4, channels: int = 3) -> Tensor:
    """Images of 0.35 to 0.6, which no moderate change drives to black or white."""
    return 0.35 + 0.25 * torch.rand(count, channels, 8, 8, generator=seeded())


def tint(count: int, **given: Any) -> ColourFactors:
    plain = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    return ColourFactors(**{k: torch.tensor(v).expand(count) for k, v in (plain | given).items()})


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("what", ["brightness", "contrast", "saturation"])
def test_each_change_is_torchvisions(what: str, factor: float) -> None:
    images = middling()
    expected = getattr(reference, f"adjust_{what}")(images, factor) * 255
    found = adjust_colours(images * 255, tint(4, **{what: factor}))
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("brightness", "contrast", "saturation"), [(1.2, 0.7, 0.5), (0.8, 1.3, 1.5)]
)
def test_changes_come_one_after_the_other(
    brightness: float, contrast: float, saturation: float
) -> None:
    images = middling()
    expected = reference.adjust_brightness(images, brightness)
    expected = reference.adjust_contrast(expected, contrast)
    expected = reference.adjust_saturation(expected, saturation)
    where = tint(4, brightness=brightness, contrast=contrast, saturation=saturation)
    found = adjust_colours(images * 255, where)
    torch.testing.assert_close(found, expected * 255, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("share", [1 / 3, -1 / 3])
def test_a_third_of_the_circle_is_torchvisions_hue(share: float) -> None:
    images = middling()
    expected = reference.adjust_hue(images, share) * 255
    torch.testing.assert_close(
        adjust_colours(images * 255, tint(4, hue=share)), expected, atol=0.1, rtol=0
    )


def test_hue_keeps_greys_and_the_sum_of_the_channels() -> None:
    images = middling() * 255
    found = adjust_colours(images, tint(4, hue=[0.1, -0.2, 0.5, 0.37]))
    torch.testing.assert_close(found.sum(1), images.sum(1), rtol=0, atol=TOLERANCE)
    flat = torch.full((1, 3, 2, 2), 90.0)
    torch.testing.assert_close(adjust_colours(flat, tint(1, hue=0.2)), flat, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("share", [0.05, 0.1, -0.1, 0.25, 0.5])
def test_the_hue_of_hsv_turns_by_the_share(share: float) -> None:
    """Within 0.007 of the circle, since HSV's hexagon and the circle differ by that much."""
    images = middling(1)
    found = adjust_colours(images * 255, tint(1, hue=share)) / 255
    for before, after in zip(images[0].flatten(1).T, found[0].flatten(1).T, strict=True):
        turned = colorsys.rgb_to_hsv(*after.tolist())[0] - colorsys.rgb_to_hsv(*before.tolist())[0]
        assert abs((turned - share + 0.5) % 1 - 0.5) < 0.007


def test_a_whole_turn_of_the_hue_is_none() -> None:
    torch.testing.assert_close(hue_matrix(torch.tensor([1.0]))[0], torch.eye(3), rtol=0, atol=1e-5)


def test_each_image_is_changed_by_its_own_tint() -> None:
    images = middling(2) * 255
    found = adjust_colours(images, tint(2, brightness=[0.5, 1.0], contrast=[1.0, 0.5]))
    torch.testing.assert_close(found[0], images[0] * 0.5)
    mean = grey(*images[1].mean((1, 2)))
    torch.testing.assert_close(found[1], (images[1] + mean) / 2)


def test_grey_images_have_brightness_and_contrast_only() -> None:
    images = middling(2, channels=1) * 255
    where = tint(2, brightness=1.2, contrast=0.5, saturation=0.3, hue=0.4)
    brighter = images * 1.2
    expected = 0.5 * brighter + 0.5 * brighter.mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(adjust_colours(images, where), expected)


def test_values_stay_between_black_and_white() -> None:
    images = torch.tensor([0.0, 128.0, 255.0]).view(1, 1, 1, 3).expand(2, 3, 1, 3)
    found = adjust_colours(images, tint(2, brightness=[2.0, 0.5], contrast=[1.0, 2.0]))
    assert found.min() == 0.0
    assert found.max() == 255.0


def test_draws_fill_their_ranges() -> None:
    asked = Colour(brightness=0.4, contrast=0.2, saturation=1.0, hue=0.5)
    where = asked.draw(4000, CPU, seeded())
    for values, low, high in (
        (where.brightness, 0.6, 1.4),
        (where.contrast, 0.8, 1.2),
        (where.saturation, 0.0, 2.0),
        (where.hue, -0.5, 0.5),
    ):
        near = (high - low) / 100
        assert low <= values.min() < low + near
        assert high - near < values.max() <= high + 1e-6
        assert abs(values.mean() - (low + high) / 2) < 3 * near


def test_the_generator_decides() -> None:
    pixels = torch.randint(0, 256, (8, 3, 4, 4), dtype=torch.uint8, generator=seeded())
    asked = Colour(brightness=0.4, hue=0.1)
    assert torch.equal(asked(pixels, seeded(1)), asked(pixels, seeded(1)))
    assert not torch.equal(asked(pixels, seeded(1)), asked(pixels, seeded(2)))


def test_a_recipe_that_leaves_colours_alone_has_none() -> None:
    assert Colour.of(Recipe(crop=4, flip=True)) is None
    asked = Recipe(brightness=0.1, contrast=0.2, saturation=0.3, hue=0.4)
    assert Colour.of(asked) == Colour(0.1, 0.2, 0.3, 0.4)
