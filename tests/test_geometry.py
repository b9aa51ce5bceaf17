"""Where pixels go: whole ones against loops, the rest against torchvision's operations."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from engine.data.augmentation.boxes import Boxes
from engine.data.augmentation.geometry import (
    Geometry,
    Transform,
    hash_indices,
    inverse_matrix,
    resize_boxes,
    shift_and_mirror,
    warp_affine,
)
from engine.data.base.batch import RawBatch
from engine.recipes.recipe import Fill, Recipe
from tests.test_cropping import MOVES


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded())


def smooth(height: int, width: int) -> Tensor:
    """One image (1, 3, H, W) float32 of waves, which interpolation hardly changes."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    waves = [torch.sin(x / 3), torch.cos(y / 4), torch.sin((x + 2 * y) / 5)]
    return torch.stack(waves)[None] * 100


def ramps(height: int, width: int) -> Tensor:
    """One image (1, 2, H, W) float32 that says x and y of each pixel, which interpolation keeps."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack((x, y))[None].float()


def placement(count: int = 1, **given: Any) -> Transform:
    """Images that stay where they are, but for what is given, as a number or one an image."""
    still: dict[str, Any] = {"mirrored": False, "down": 0.0, "right": 0.0, "angle": 0.0}
    still |= {"shear": 0.0, "zoom_x": 1.0, "zoom_y": 1.0}
    seen = given.pop("seen", None)
    each = {k: torch.tensor(v).expand(count) for k, v in (still | given).items()}
    return Transform(**each, seen=seen)


def drawn(pixels: Tensor, epoch: int = 1, step: int = 0, indices: Tensor | None = None) -> RawBatch:
    numbers = torch.arange(len(pixels))
    at = numbers if indices is None else indices
    return RawBatch(pixels, numbers, at, at, epoch, step)


def torchvision(image: Tensor, **given: Any) -> Tensor:
    plain: dict[str, Any] = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
    found: Tensor = reference.affine(
        image, **(plain | given), interpolation=InterpolationMode.BILINEAR
    )
    return found


# Whole pixels


def beside(place: int, side: int, fill: Fill) -> int | None:
    """The pixel that stands for a place in or out of the image."""
    if fill == "constant" and not 0 <= place < side:
        return None
    if fill == "reflect":
        return (list(range(side)) + list(range(side))[::-1])[place % (2 * side)]
    return min(side - 1, max(0, place))


@pytest.mark.parametrize("fill", ["nearest", "constant", "reflect"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_moved_pixels_are_exactly_those_beside(dtype: torch.dtype, fill: Fill) -> None:
    images = noise(3, 2, 4, 5).to(dtype)
    mirrored, down, right = [False, True, True], [1, 0, -2], [-3, 0, 2]
    found = shift_and_mirror(images, placement(3, mirrored=mirrored, down=down, right=right), fill)
    assert found.dtype == dtype
    for n in range(3):
        for y in range(4):
            for x in range(5):
                row = beside(y - down[n], 4, fill)
                column = beside((4 - x if mirrored[n] else x) - right[n], 5, fill)
                outside = row is None or column is None
                expected = torch.zeros(2, dtype=dtype) if outside else images[n, :, row, column]
                assert torch.equal(found[n, :, y, x], expected)


def test_moved_takes_any_memory_format() -> None:
    images = noise(2, 3, 6, 6)
    where = placement(2, mirrored=[True, False], down=[1, -1], right=[2, 0])
    other = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(shift_and_mirror(other, where), shift_and_mirror(images, where))


@pytest.mark.parametrize("fill", ["nearest", "constant", "reflect"])
def test_affine_of_whole_pixels_is_moved(fill: Fill) -> None:
    images = noise(4, 3, 16, 16).float()
    coin, down, right = [True, False, True, False], [3, -2, 0, 15], [-4, 1, 0, -15]
    where = placement(4, mirrored=coin, down=down, right=right)
    torch.testing.assert_close(
        warp_affine(images, where, fill), shift_and_mirror(images, where, fill), rtol=0, atol=1e-2
    )


# Interpolated ones, each against torchvision's with the same parameters


@pytest.mark.parametrize(("height", "width"), [(32, 32), (24, 40)])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"angle": math.radians(15)}, {"angle": 15.0}),
        ({"angle": math.radians(-40)}, {"angle": -40.0}),
        ({"down": 2.5, "right": -1.25}, {"translate": [-1.25, 2.5]}),
        ({"shear": math.radians(20)}, {"shear": [20.0, 0.0]}),
        ({"shear": math.radians(-10)}, {"shear": [-10.0, 0.0]}),
        ({"zoom_x": 0.8, "zoom_y": 0.8}, {"scale": 1.25}),
        ({"zoom_x": 1.25, "zoom_y": 1.25}, {"scale": 0.8}),
    ],
)
def test_each_move_is_torchvisions(
    ours: dict[str, Any], theirs: dict[str, Any], height: int, width: int
) -> None:
    image = smooth(height, width)
    found, expected = warp_affine(image, placement(**ours)), torchvision(image, **theirs)
    inner = (..., slice(9, -9), slice(9, -9))
    torch.testing.assert_close(found[inner], expected[inner], rtol=0, atol=1e-2)


def test_mirrored_is_torchvisions_flip() -> None:
    image = smooth(24, 40)
    expected = reference.horizontal_flip(image)
    torch.testing.assert_close(
        warp_affine(image, placement(mirrored=True)), expected, atol=1e-2, rtol=0
    )


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_quarter_turn_is_exact(quarter: int) -> None:
    image = noise(1, 3, 8, 8).float()
    found = warp_affine(image, placement(angle=quarter * math.pi / 2))
    torch.testing.assert_close(found, image.rot90(-quarter, (2, 3)), atol=1e-2, rtol=0)


def test_width_and_height_zoom_apart() -> None:
    found = warp_affine(ramps(20, 30), placement(zoom_x=0.5, zoom_y=0.75))[0]
    x, y = torch.arange(30), torch.arange(20)
    torch.testing.assert_close(found[0, 10], 14.5 + (x - 14.5) * 0.5)
    torch.testing.assert_close(found[1, :, 10], 9.5 + (y - 9.5) * 0.75)


def test_moves_come_one_after_the_other() -> None:
    """Rotated, shifted, sheared, zoomed, mirrored: as torchvision does one at a time."""
    image = ramps(40, 60)
    where = placement(
        mirrored=True, angle=0.2, down=2.0, right=-3.0, shear=0.1, zoom_x=0.9, zoom_y=0.9
    )
    expected = torchvision(image, angle=math.degrees(0.2))
    expected = torchvision(expected, translate=[-3.0, 2.0])
    expected = torchvision(expected, shear=[math.degrees(0.1), 0.0])
    expected = reference.horizontal_flip(torchvision(expected, scale=1 / 0.9))
    inner = (..., slice(12, -12), slice(16, -16))
    torch.testing.assert_close(warp_affine(image, where)[inner], expected[inner], atol=1e-3, rtol=0)


# Random resized crops

# Top, left, height and width in an image of 24×40.
BOXES = [(0, 0, 24, 40), (3, 5, 10, 30), (20, 0, 4, 4), (0, 39, 24, 1), (7, 8, 1, 20)]
EDGES = torch.tensor([(top, top + h, left, left + w) for top, left, h, w in BOXES])


@pytest.mark.parametrize("mirrored", [False, True])
def test_an_enlarged_box_is_torchvisions(mirrored: bool) -> None:
    images = noise(len(BOXES), 3, 24, 40)
    found = resize_boxes(images.float(), Boxes(*EDGES.T), torch.full((len(BOXES),), mirrored))
    for image, at, box in zip(images, found, BOXES, strict=True):
        expected = reference.resized_crop(image.float(), *box, [24, 40], antialias=True)
        whole = reference.resized_crop(image, *box, [24, 40], antialias=True)
        if mirrored:
            expected, whole = expected.flip(2), whole.flip(2)
        torch.testing.assert_close(at, expected, rtol=0, atol=1e-2)
        # torchvision resizes uint8 with weights of 8 bits.
        assert (at.round() - whole.float()).abs().max() <= 1


def test_a_box_is_enlarged_before_the_other_moves() -> None:
    where: dict[str, Any] = {"mirrored": True, "angle": 0.2, "down": 2.0, "right": -3.0}
    where |= {"shear": 0.1, "zoom_x": 0.9, "zoom_y": 1.1}
    edges = torch.tensor([[8], [28], [12], [54]])
    seen, image = Boxes(*edges), ramps(40, 60)
    found = warp_affine(image, placement(**where, seen=seen))
    expected = reference.resized_crop(image, 8, 12, 20, 42, [40, 60])
    expected = warp_affine(expected, placement(**where))
    inner = (..., slice(12, -12), slice(16, -16))
    torch.testing.assert_close(found[inner], expected[inner], atol=1e-3, rtol=0)


def test_beside_a_turned_box_the_image_goes_on() -> None:
    seen = Boxes(*torch.tensor([[10], [30], [10], [30]]))
    found = warp_affine(ramps(40, 40), placement(right=20.0, seen=seen), "constant")
    # Shifted by half of the view, so by half of the box: its left edge, and ten pixels beside it.
    torch.testing.assert_close(found[0, 0, 20, 20:], 9.75 + torch.arange(20) / 2)
    torch.testing.assert_close(found[0, 0, 20, :20], (torch.arange(20) / 2 - 0.25).clamp(min=0))


def keras(given: dict[str, float], height: int, width: int) -> Tensor:
    """The matrix of `apply_affine_transform` in Keras' documentation: from output to input.

    Rotation · shift · shear · zoom, of (row, column, 1) from the centre of the pixels.
    """
    c, s = math.cos(given["angle"]), math.sin(given["angle"])
    rotation = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    shift = torch.tensor([[1, 0, -given["down"]], [0, 1, -given["right"]], [0, 0, 1]])
    zoom = torch.tensor([[given["zoom_y"], 0, 0], [0, given["zoom_x"], 0], [0, 0, 1.0]])
    return rotation @ shift @ zoom


def test_rotation_shift_and_zoom_compose_as_in_keras() -> None:
    given: dict[str, Any] = {
        "angle": 0.25,
        "down": 3.0,
        "right": -2.0,
        "zoom_x": 0.9,
        "zoom_y": 1.1,
    }
    height, width = 20, 20
    theta = inverse_matrix(placement(**given), height, width)[0]
    matrix = keras(given, height, width)
    for row, column in ((-9.5, 4.5), (0.0, 0.0), (3.0, -8.0)):
        from_row, from_column, _ = (matrix @ torch.tensor([row, column, 1.0])).tolist()
        point = torch.tensor([column * 2 / width, row * 2 / height, 1.0])
        x, y = (theta @ point).tolist()
        assert (y * height / 2, x * width / 2) == pytest.approx((from_row, from_column), abs=1e-4)


# Draws


def test_draws_fill_their_ranges_and_differ_by_image() -> None:
    asked = Geometry(flip=True, rotate=30.0, shift=0.1, zoom=0.2, shear=10.0)
    where = asked.draw(drawn(torch.empty(4000, 1, 20, 10)), seeded())
    for values, middle, largest in (
        (where.angle, 0.0, math.pi / 6),
        (where.down, 0.0, 2.0),
        (where.right, 0.0, 1.0),
        (where.zoom_x, 1.0, 0.2),
        (where.zoom_y, 1.0, 0.2),
        (where.shear, 0.0, math.pi / 18),
    ):
        away = (values - middle) / largest
        assert away.abs().max() <= 1 + 1e-5
        assert away.max() > 0.99
        assert away.min() < -0.99
        assert abs(away.mean()) < 0.05
        assert abs(away.std() - 1 / math.sqrt(3)) < 0.02
    assert 0.47 < where.mirrored.float().mean() < 0.53
    assert abs(torch.corrcoef(torch.stack((where.zoom_x, where.zoom_y)))[0, 1]) < 0.05


def test_crop_draws_every_offset_alike_to_both_sides() -> None:
    where = Geometry(crop=2).draw(drawn(torch.empty(5000, 1, 8, 8)), seeded())
    assert not where.down.is_floating_point()
    for offsets in (where.down, where.right):
        counts = torch.bincount(offsets + 2)
        assert len(counts) == 5
        assert counts.min() > 900
    assert not where.mirrored.any()


def test_quarter_turns_come_alike() -> None:
    where = Geometry(rot90=True).draw(drawn(torch.empty(4000, 1, 8, 8)), seeded())
    counts = torch.bincount((where.angle / (math.pi / 2)).round().long())
    assert len(counts) == 4
    assert counts.min() > 900


def test_crop_and_shift_add_up() -> None:
    where = Geometry(crop=3, shift=0.25).draw(drawn(torch.empty(500, 1, 16, 16)), seeded())
    assert 4 < where.down.abs().max() <= 4 + 3


def test_one_option_leaves_the_draws_of_another_alone() -> None:
    images = drawn(torch.empty(8, 1, 8, 8))
    alone = Geometry(rotate=10.0).draw(images, seeded())
    among = Geometry(rotate=10.0, crop=2, zoom=0.1, flip=True).draw(images, seeded())
    assert torch.equal(alone.angle, among.angle)


def test_a_random_resized_crop_leaves_the_other_draws_alone() -> None:
    images = drawn(torch.empty(8, 1, 8, 8))
    alone = Geometry(rotate=10.0, flip=True).draw(images, seeded())
    among = Geometry(rotate=10.0, flip=True, crop_scale=(0.25, 1.0)).draw(images, seeded())
    assert alone.seen is None
    assert among.seen is not None
    assert torch.equal(alone.angle, among.angle)
    assert torch.equal(alone.mirrored, among.mirrored)


@pytest.mark.parametrize("moved", [{}, {"rotate": 5.0}, {"rot90": True}])
def test_crops_show_their_boxes(moved: dict[str, Any]) -> None:
    asked = Geometry(crop_scale=(0.2, 0.2), crop_ratio=(1.0, 1.0), **moved)
    found = asked(drawn(ramps(20, 20).expand(50, 2, 20, 20)), seeded())
    # A box of 9×9 of 20×20, and the levels of the ramps say where it is.
    width = found.amax((2, 3)) - found.amin((2, 3))
    assert width.min() >= 7.9
    assert width.max() <= 9.5
    assert found[:, 0, 10, 10].std() > 1


# The alternating flip


def mirrored(epoch: int, indices: Tensor, seed: int = 0) -> Tensor:
    images = drawn(torch.empty(len(indices), 1, 8, 8), epoch=epoch, indices=indices)
    return Geometry(flip="alternating", seed=seed).draw(images, seeded(epoch)).mirrored


def test_an_alternating_flip_turns_each_image_over_every_epoch() -> None:
    indices = torch.arange(2000)
    first = mirrored(1, indices)
    assert 0.46 < first.float().mean() < 0.54
    assert torch.equal(mirrored(2, indices), ~first)
    assert torch.equal(mirrored(3, indices), first)


def test_an_alternating_flip_goes_with_the_image_and_the_seed() -> None:
    indices = torch.arange(2000)
    order = torch.randperm(2000, generator=seeded())
    assert torch.equal(mirrored(1, order), mirrored(1, indices)[order])
    same = (mirrored(1, indices, seed=1) == mirrored(1, indices)).float().mean()
    assert 0.45 < same < 0.55


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_the_hash_spreads_neighbours_over_all_bits(seed: int) -> None:
    found = hash_indices(torch.arange(20_000), seed)
    assert len(set(found.tolist())) == 20_000
    for bit in range(32):
        assert 0.48 < ((found >> bit) & 1).float().mean() < 0.52
    near = ((hash_indices(torch.arange(0, 20_000, 2), seed) ^ found[1::2]) & 1).float().mean()
    assert 0.48 < near < 0.52


# The whole


def test_moving_keeps_uint8_and_interpolation_makes_float() -> None:
    images = drawn(noise(2, 1, 8, 8))
    assert Geometry(crop=1, flip=True)(images, seeded()).dtype == torch.uint8
    assert Geometry(crop=1, rotate=5.0)(images, seeded()).dtype == torch.float32


def test_a_recipe_that_moves_nothing_has_none() -> None:
    assert Geometry.of(Recipe(fill="reflect", hue=0.1)) is None
    asked = Geometry.of(Recipe(crop=4, **MOVES))
    assert asked == Geometry(crop=4, **MOVES)
