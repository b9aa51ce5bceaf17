"""What is drawn for a random crop: its box against torchvision's, and the rest as `Geometry`."""

from __future__ import annotations

import dataclasses
import itertools
import math
import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms import v2

from engine.data.decoding.canvas import Canvas, canvas_size
from engine.data.decoding.cropping import Cropping, Placement
from engine.data.decoding.image_chances import image_chances
from engine.data.decoding.moves import Moves
from engine.recipes.recipe import Recipe
from tests.made_up_canvases import empty_canvas

DRAWS = 3000
# Two samples of so many draws of one distribution differ by more once in a thousand times.
FARTHEST = 1.95 * math.sqrt(2 / DRAWS)


class Shape(NamedTuple):
    """Boxes (N,) as shares of an image: area, place (0 to 1, or ½ without room), width : height."""

    area: npt.NDArray[np.float64]
    ratio: npt.NDArray[np.float64]
    across: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]


def shape_of(boxes: list[tuple[int, ...]], canvas: Canvas) -> Shape:
    (height, width, _), size = canvas.pixels.shape, canvas.size
    left, top, wide, tall = np.array(boxes, float).T
    ratio = (wide * size[0] / width) / (tall * size[1] / height)
    across = np.where(wide < width, left / np.maximum(width - wide, 1), 0.5)
    down = np.where(tall < height, top / np.maximum(height - tall, 1), 0.5)
    return Shape(wide * tall / (width * height), ratio, across, down)


def torchvisions(
    size: tuple[int, int], scale: tuple[float, float], ratio: tuple[float, float]
) -> Shape:
    """The boxes that torchvision draws on an image of this size."""
    torch.manual_seed(0)
    transform = v2.RandomResizedCrop(224, scale=scale, ratio=ratio)
    image = torch.empty(1, size[1], size[0])
    found = [transform.make_params([image]) for _ in range(DRAWS)]
    boxes = [tuple(each[k] for k in ("left", "top", "width", "height")) for each in found]
    return shape_of(boxes, empty_canvas(*size))


def ours(
    canvas: Canvas,
    scale: tuple[float, float] = (0.08, 1.0),
    ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> Shape:
    cropping = Cropping(scale, ratio)
    return shape_of([cropping.drawn(1, i, canvas).box for i in range(DRAWS)], canvas)


def farthest(
    one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], digits: int = 6
) -> float:
    """The largest distance of the distributions of rounded numbers (Kolmogorov–Smirnov)."""
    one, other = np.sort(one.round(digits)), np.sort(other.round(digits))
    values = np.concatenate((one, other))
    shares = [np.searchsorted(each, values, side="right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


# The box


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (60, 40), (1600, 100), (3, 2)])
@pytest.mark.parametrize(
    ("scale", "ratio"),
    [((0.08, 1.0), (3 / 4, 4 / 3)), ((0.25, 1.0), (3 / 4, 4 / 3)), ((0.5, 0.6), (0.2, 3.0))],
)
def test_boxes_come_as_often_as_torchvisions(
    size: tuple[int, int], scale: tuple[float, float], ratio: tuple[float, float]
) -> None:
    found, expected = ours(empty_canvas(*size), scale, ratio), torchvisions(size, scale, ratio)
    for name in Shape._fields:
        assert farthest(getattr(found, name), getattr(expected, name)) < FARTHEST, name


@pytest.mark.parametrize("size", [(1, 1), (10_000, 20), (20, 10_000), (1, 50)])
def test_an_extreme_image_has_the_one_box_at_the_centre_as_torchvisions(
    size: tuple[int, int],
) -> None:
    transform = v2.RandomResizedCrop(224)
    expected = transform.make_params([torch.empty(1, size[1], size[0])])
    for index in range(50):
        box = Cropping((0.08, 1.0)).drawn(1, index, empty_canvas(*size)).box
        assert box._asdict() == expected


@pytest.mark.parametrize("size", [(24_000, 2_000), (2_000, 24_000), (9_000, 1_000)])
def test_a_squashed_canvas_has_boxes_of_the_true_ratio(size: tuple[int, int]) -> None:
    squashed = canvas_size(*size, 200)
    assert 2 < max(size) / min(size) * min(squashed) / max(squashed) < 4
    scale, ratio = (0.02, 0.1), (3 / 4, 4 / 3)
    found, expected = ours(empty_canvas(*squashed, size), scale), torchvisions(size, scale, ratio)
    # A canvas has fewer pixels than its image, of which a box has whole ones.
    assert found.ratio.min() > 0.97 * ratio[0]
    assert found.ratio.max() < 1.03 * ratio[1]
    assert farthest(found.ratio, expected.ratio, digits=1) < FARTHEST
    for name in ("area", "across", "down"):
        assert farthest(getattr(found, name), getattr(expected, name), digits=2) < FARTHEST, name


def test_a_canvas_that_is_a_line_has_a_box_of_a_pixel() -> None:
    canvas = empty_canvas(300, 1, (180_000_000, 1))
    assert Cropping((0.08, 1.0)).drawn(1, 0, canvas).box == (149, 0, 1, 1)


@given(
    width=st.integers(1, 800),
    height=st.integers(1, 800),
    squash=st.floats(0.01, 100),
    scale=st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)),
    ratio=st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)),
    index=st.integers(0, 2**40),
)
def test_every_box_is_inside(
    width: int,
    height: int,
    squash: float,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    index: int,
) -> None:
    canvas = empty_canvas(width, height, (max(1, round(width * squash)), height))
    cropping = Cropping((min(scale), max(scale)), (min(ratio), max(ratio)))
    left, top, wide, tall = cropping.drawn(3, index, canvas).box
    assert 0 <= left < left + wide <= width
    assert 0 <= top < top + tall <= height


# The other numbers

CANVAS = empty_canvas(40, 30)
EVERYTHING = Cropping(
    scale=(0.2, 0.9),
    flip=True,
    rotate=30.0,
    rot90=True,
    shift=0.1,
    zoom=0.2,
    shear=10.0,
    fill="reflect",
    seed=5,
)


def placements(cropping: Cropping, count: int = 4000, epoch: int = 1) -> list[Placement]:
    return [cropping.drawn(epoch, index, CANVAS) for index in range(count)]


def column(found: list[Placement], name: str) -> npt.NDArray[np.float64]:
    return np.array([getattr(each, name) for each in found], float)


def test_draws_fill_their_ranges_and_do_not_depend_on_each_other() -> None:
    found = placements(EVERYTHING)
    ranges = {
        "angle": (0.0, math.pi / 6),
        "down": (0.0, 0.1),
        "right": (0.0, 0.1),
        "shear": (0.0, math.pi / 18),
        "zoom_x": (1.0, 0.2),
        "zoom_y": (1.0, 0.2),
    }
    columns = [(column(found, name) - middle) / most for name, (middle, most) in ranges.items()]
    for away in columns:
        assert 0.99 < away.max() <= 1
        assert -1 <= away.min() < -0.99
        assert abs(away.mean()) < 0.05
        assert abs(away.std() - 1 / math.sqrt(3)) < 0.02
    areas = [float(each.box.width * each.box.height) for each in found]
    columns += [column(found, name) for name in ("mirrored", "quarters")] + [np.array(areas)]
    between = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(between).max() < 0.06


def test_half_are_mirrored_and_quarter_turns_come_alike() -> None:
    found = placements(EVERYTHING)
    assert 0.47 < column(found, "mirrored").mean() < 0.53
    counts = np.bincount([each.quarters for each in found])
    assert len(counts) == 4
    assert counts.min() > 900


def test_no_option_changes_the_numbers_of_another_one() -> None:
    everything = placements(EVERYTHING, 20)
    still = Cropping(scale=(0.2, 0.9), seed=5)
    each_alone = {
        "flip": ("mirrored",),
        "rotate": ("angle",),
        "rot90": ("quarters",),
        "shift": ("down", "right"),
        "zoom": ("zoom_x", "zoom_y"),
        "shear": ("shear",),
    }
    for option, names in each_alone.items():
        alone = dataclasses.replace(still, **{option: getattr(EVERYTHING, option)})
        for found, among in zip(placements(alone, 20), everything, strict=True):
            assert found.box == among.box
            assert [getattr(found, n) for n in names] == [getattr(among, n) for n in names]


def test_what_is_not_asked_for_stays_as_it_is() -> None:
    for each in placements(Cropping(scale=(0.2, 0.9)), 50):
        assert each == Placement(each.box)
        assert each.is_upright
    assert not any(each.is_upright for each in placements(EVERYTHING, 50))
    turned = placements(Cropping(scale=(0.2, 0.9), flip=True, rot90=True), 50)
    assert all(each.is_upright for each in turned)


def test_numbers_depend_on_the_seed_the_epoch_and_the_index_alone() -> None:
    def drawn(seed: int, epoch: int, index: int) -> Placement:
        return dataclasses.replace(EVERYTHING, seed=seed).drawn(epoch, index, CANVAS)

    keys = list(itertools.product((0, 1, 2**63 - 1), (1, 2), (0, 1, 2**40)))
    forward = [drawn(*key) for key in keys]
    assert [drawn(*key) for key in reversed(keys)] == forward[::-1]
    assert len({each.angle for each in forward}) == len(keys)


def test_numbers_are_the_same_in_every_process() -> None:
    code = (
        "import sys; from engine.data.decoding.image_chances import image_chances; "
        "print(image_chances(5, 7, 1, 99)); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{image_chances(30, 7, 1, 99)[:5]}\nFalse\n"


def test_neighbouring_numbers_are_unrelated() -> None:
    table = np.array([image_chances(8, 0, 1, index) for index in range(4000)])
    others = [
        np.array([image_chances(8, *key, index + step) for index in range(4000)])
        for key, step in (((0, 1), 1), ((0, 2), 0), ((1, 1), 0))
    ]
    assert table.min() >= 0
    assert table.max() < 1
    assert np.abs(table.mean(0) - 0.5).max() < 0.02
    for other in others:
        both = np.corrcoef(table.T, other.T)
        assert np.abs(both - np.eye(16)).max() < 0.07


def alternating(epoch: int, seed: int = 0) -> npt.NDArray[np.bool_]:
    cropping = Cropping((0.2, 0.9), flip="alternating", seed=seed)
    return np.array([each.mirrored for each in placements(cropping, 2000, epoch)])


def test_an_alternating_flip_turns_each_image_over_every_epoch() -> None:
    first = alternating(1)
    assert 0.46 < first.mean() < 0.54
    assert (alternating(2) == ~first).all()
    assert (alternating(3) == first).all()
    assert 0.45 < (alternating(1, seed=1) == first).mean() < 0.55


# One value for each field of `Moves`, none of them the default.
MOVES: dict[str, Any] = {
    "flip": "alternating",
    "rotate": 10.0,
    "rot90": True,
    "shift": 0.1,
    "zoom": 0.2,
    "shear": 5.0,
    "fill": "reflect",
    "seed": 3,
}


def test_a_recipe_without_random_resized_crops_has_none() -> None:
    assert Cropping.of(Recipe(rotate=10.0, canvas=448)) is None
    asked = Cropping.of(Recipe(crop_scale=(0.2, 0.9), crop_ratio=(0.5, 2.0), **MOVES))
    assert asked == Cropping((0.2, 0.9), (0.5, 2.0), **MOVES)
    assert MOVES.keys() == {field.name for field in dataclasses.fields(Moves)}
