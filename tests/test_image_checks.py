"""Fields that say how images become what the network sees, checked together."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import parse_setting, read_fields

CROPS = {"crop_scale": (0.25, 1.0)}


def build(**settings: object) -> Recipe:
    """A recipe for a folder of images, without a crop of its preset."""
    return build_recipe(settings={"data": "a/folder", "crop": 0, **settings})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"crop_scale": (0.5,)},
            "crop_scale = [0.5] is not possible: crop_scale must be two numbers",
        ),
        ({"crop_scale": 0.5}, "crop_scale = 0.5 is not possible: crop_scale must be two numbers"),
        ({"crop_scale": (0.5, 0.4)}, "crop_scale must be two numbers above 0 and at most 1, the"),
        ({"crop_scale": (0.5, 0.6, 0.7)}, "as crop_scale=0.25,1, or none, as crop_scale=."),
        ({"crop_scale": (0.5, 1.1)}, "crop_scale must be two numbers above 0"),
        ({"crop_ratio": (2, 1)}, "crop_ratio is two ratios of width to height"),
        ({"crop_ratio": (2,)}, "crop_ratio must be a list of 2, each a number from 0.05"),
        (
            {"crop_ratio": (0.01, 1)},
            "crop_ratio must be a list of 2, each a number from 0.05 to 20",
        ),
        ({"crop_ratio": (1, 500)}, "crop_ratio must be a list of 2, each a number from 0.05 to 20"),
        ({"data": "cifar10", "size_start": 32}, "size_start needs image files"),
        ({**CROPS, "crop": 4}, "crop and crop_scale both move"),
        ({"size_start": 64}, "size_start needs random resized crops"),
        ({**CROPS, "size_start": 7}, "size_start must be 0 or a whole number from 8 to 1024"),
        ({**CROPS, "size_start": 96, "size": 64}, "size_start = 96 is larger than the size of 64"),
        ({**CROPS, "size_start": 32, "canvas": 0}, "with canvas = 0 images are decoded to one"),
        ({**CROPS, "size_start": 32, "loader": "resident"}, "loader = resident keeps images of"),
        ({"canvas": 256}, "canvas is for random resized crops"),
        ({**CROPS, "canvas": 256, "loader": "resident"}, "keeps images of one size in memory"),
        ({**CROPS, "canvas": 100, "size": 128}, "use --set canvas=256, or leave canvas out"),
        ({"magnitude": 12}, "num_ops and magnitude are those of RandAugment"),
        ({"num_ops": 3, "auto_augment": "trivialaugment"}, "are those of RandAugment"),
        ({"cache": ""}, "cache must be a text that is not empty"),
        ({"data": "cifar10", **CROPS, "size_start": 16}, "size_start needs image files"),
        ({"data": "cifar10", "fit": "pad"}, "fit needs image files"),
        ({"data": "cifar10", "crop_pct": 0.9}, "crop_pct needs image files"),
        ({"arch": "resnet18", "drop_path": 0.1}, "drop_path cannot be set for resnet18"),
    ],
)
def test_what_excludes_each_other_is_refused_in_one_sentence(
    settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError) as refused:
        build(**settings)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "settings",
    [
        CROPS,
        {"crop_scale": (0.5, 0.5)},
        {**CROPS, "canvas": 0},
        {**CROPS, "canvas": 0, "loader": "resident"},
        {**CROPS, "canvas": 128, "size": 128, "size_start": 128},
        {"num_ops": 3, "magnitude": 12, "auto_augment": "randaugment"},
        {"arch": "convnext-tiny", "drop_path": 0.1},
        {"data": "cifar10", **CROPS, "canvas": 0},
    ],
)
def test_what_goes_together_is_a_recipe(settings: dict[str, object]) -> None:
    build(**settings)


def test_a_pair_of_numbers_needs_no_brackets() -> None:
    assert parse_setting("crop_scale=0.25,1") == ("crop_scale", [0.25, 1])
    assert parse_setting("crop_ratio=.75,1.5") == ("crop_ratio", [0.75, 1.5])


def test_the_crops_that_growing_images_need_can_be_added_as_it_is_said() -> None:
    given = {"preset": "quick", "data": "a/folder", "arch": "resnet18", "size_start": 32}
    with pytest.raises(UsageError) as refused:
        build_recipe(settings=given)
    advice = str(refused.value).removesuffix(".").split("--set ")[1]
    chosen = build_recipe(settings={**given, **dict([parse_setting(advice)])})
    assert (chosen.crop_scale, chosen.crop) == ((0.25, 1.0), 0)


def test_nothing_switches_random_crops_off() -> None:
    photo = {"preset": "photo", "data": "a/folder", "arch": "resnet18", "size_start": 0}
    key, nothing = parse_setting("crop_scale=")
    assert build_recipe(settings={**photo, key: nothing}).crop_scale == ()


@pytest.mark.parametrize("key", ["data", "data_dir", "init_from", "class_names", "cache"])
def test_a_path_with_a_nul_is_refused_wherever_it_is_written(key: str, tmp_path: Path) -> None:
    line = f'{key} = "a\\u0000b"'
    (tmp_path / "recipe.toml").write_text(line)
    for read in (lambda: parse_setting(line), lambda: read_fields(tmp_path / "recipe.toml")):
        with pytest.raises(UsageError, match=rf"{key} has a character that .* \(NUL\)"):
            read()
