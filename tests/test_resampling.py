"""The pixels of a random crop, against torchvision's and `Geometry`'s on the same parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from engine.data.augmentation.geometry import Transform, warp_affine
from engine.data.decoding.canvas import Canvas
from engine.data.decoding.crop_box import Box
from engine.data.decoding.cropping import Cropping, Placement
from engine.data.decoding.resampling import cropped, sample_places
from engine.recipes.recipe import Fill
from tests.made_up_canvases import photographic, planar

FILLS: tuple[Fill, ...] = ("nearest", "constant", "reflect")


def view(canvas: Canvas, placement: Placement, size: int) -> Tensor:
    found = cropped(canvas, placement, size)
    assert found.shape == (canvas.pixels.shape[2], size, size)
    assert found.dtype == np.uint8
    return torch.from_numpy(np.array(found, order="C"))


def whole(canvas: Canvas) -> Box:
    height, width, _ = canvas.pixels.shape
    return Box(0, 0, width, height)


def psnr(one: Tensor, other: Tensor) -> float:
    return -10 * math.log10((((one.double() - other.double()) / 255) ** 2).mean())


def resized_crop(canvas: Canvas, box: Box, size: int) -> Tensor:
    found: Tensor = reference.resized_crop(
        planar(canvas), box.top, box.left, box.height, box.width, [size, size], antialias=True
    )
    return found


# Upright views

BOXES = [Box(0, 0, 120, 90), Box(13, 7, 61, 80), Box(100, 60, 9, 20), Box(119, 89, 1, 1)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("box", BOXES)
def test_an_upright_view_is_torchvisions_resized_crop_bit_for_bit(box: Box, channels: int) -> None:
    canvas = photographic(120, 90, channels)
    for size in (32, 61, 100):
        expected = resized_crop(canvas, box, size)
        assert torch.equal(view(canvas, Placement(box), size), expected)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_and_flips_are_torchvisions(quarters: int) -> None:
    canvas, box = photographic(120, 90), Box(13, 7, 61, 80)
    turned = reference.rotate(resized_crop(canvas, box, 32), -90.0 * quarters)
    assert torch.equal(view(canvas, Placement(box, quarters=quarters), 32), turned)
    mirrored = Placement(box, quarters=quarters, mirrored=True)
    assert torch.equal(view(canvas, mirrored, 32), reference.horizontal_flip(turned))


def test_a_canvas_that_cannot_be_written_gives_the_same_pixels() -> None:
    canvas = photographic(60, 50)
    placements = Placement(whole(canvas)), Placement(whole(canvas), angle=0.2)
    expected = [view(canvas, placement, 32) for placement in placements]
    canvas.pixels.flags.writeable = False
    for placement, pixels in zip(placements, expected, strict=True):
        assert torch.equal(view(canvas, placement, 32), pixels)


# Turned, sheared, shifted and zoomed views


def transform(placement: Placement, size: int) -> Transform:
    """The transform of `Geometry` that does the same to an image of this size."""
    return Transform(
        mirrored=torch.tensor([placement.mirrored]),
        down=torch.tensor([placement.down * size]),
        right=torch.tensor([placement.right * size]),
        angle=torch.tensor([placement.angle + placement.quarters * math.pi / 2]),
        shear=torch.tensor([placement.shear]),
        zoom_x=torch.tensor([placement.zoom_x]),
        zoom_y=torch.tensor([placement.zoom_y]),
    )


MOVES: list[dict[str, Any]] = [
    {"angle": 0.4},
    {"angle": -0.4, "mirrored": True},
    {"shear": 0.3, "quarters": 1},
    {"down": 0.3, "right": -0.2},
    {"right": 0.5, "zoom_x": 0.6, "zoom_y": 1.1},
    {"angle": 2.0, "down": 0.4, "right": 0.5, "shear": -0.2, "mirrored": True, "quarters": 3},
    {"angle": math.pi / 4, "down": 0.5, "right": 0.5, "zoom_x": 0.2, "zoom_y": 0.2},
]


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("moves", MOVES)
def test_a_canvas_of_the_size_of_the_view_moves_as_in_geometry(
    moves: dict[str, Any], fill: Fill
) -> None:
    canvas = photographic(64, 64)
    placement = Placement(whole(canvas), **moves, fill=fill)
    expected = warp_affine(planar(canvas)[None].float(), transform(placement, 64), fill)[0]
    assert (view(canvas, placement, 64).float() - expected).abs().max() < 0.51


@pytest.mark.parametrize(
    ("moves", "theirs"),
    [
        ({"angle": math.radians(15)}, {"angle": 15.0}),
        ({"angle": math.radians(-40)}, {"angle": -40.0}),
        ({"down": 0.05, "right": -0.1}, {"translate": [-6.4, 3.2]}),
        ({"shear": math.radians(20)}, {"shear": [20.0, 0.0]}),
        ({"zoom_x": 0.8, "zoom_y": 0.8}, {"scale": 1.25}),
        ({"zoom_x": 1.25, "zoom_y": 1.25}, {"scale": 0.8}),
    ],
)
def test_each_move_of_a_crop_is_torchvisions_after_it(
    moves: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """Within the blur of torchvision's second interpolation, on an image that hides it."""
    canvas, box = photographic(300, 260), Box(60, 50, 180, 140)
    blurred = reference.gaussian_blur(planar(canvas), [41, 41]).permute(1, 2, 0).numpy()
    smooth = Canvas(blurred, canvas.size)
    plain: dict[str, Any] = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
    expected = reference.affine(
        resized_crop(smooth, box, 64), **(plain | theirs), interpolation=InterpolationMode.BILINEAR
    )
    inner = (..., slice(20, -20), slice(20, -20))
    found = view(smooth, Placement(box, **moves), 64)
    assert (found[inner].float() - expected[inner].float()).abs().max() <= 2


def test_beyond_the_box_a_turned_view_shows_the_canvas() -> None:
    canvas = photographic(200, 200)
    around = view(canvas, Placement(Box(20, 20, 160, 160), angle=math.pi / 4), 64)
    found = view(canvas, Placement(Box(60, 60, 80, 80), angle=math.pi / 4), 32)
    assert torch.equal(found, around[:, 16:48, 16:48])


def triangle_filtered(canvas: Canvas, placement: Placement, size: int) -> Tensor:
    """The view by the filter of `torch` for upright boxes, in the directions of the view.

    A triangle that is two pixels wide, of the view or of the canvas, whichever are larger.
    """
    source, pixels = placement.source(), torch.from_numpy(canvas.pixels).double()
    steps = torch.tensor([source.across, source.along], dtype=torch.complex128) / size
    matrix = torch.stack((steps.real, steps.imag))  # from the view to the canvas
    places = torch.arange(size) + (0.5 - size / 2)
    grid = torch.stack(torch.meshgrid(places, places, indexing="xy"), 2).double()
    middle = grid @ matrix.T + torch.tensor([source.centre.real, source.centre.imag])
    half = (1 / steps.abs()).clamp(min=1)
    reach = math.ceil(float((matrix.abs() @ half).max())) + 1
    total, weights = torch.zeros(size, size, 3).double(), torch.zeros(size, size, 1).double()
    for step in np.ndindex(2 * reach + 1, 2 * reach + 1):
        at = middle.floor() + torch.tensor(step) - reach
        away = (at + 0.5 - middle) @ torch.linalg.inv(matrix).T
        weight = (1 - away.abs() / half).clamp(min=0).prod(2, keepdim=True)
        x, y = at.long().unbind(2)
        total += weight * pixels[y.clamp(0, len(pixels) - 1), x.clamp(0, pixels.shape[1] - 1)]
        weights += weight
    return (total / weights).permute(2, 0, 1)


def test_the_filter_is_that_of_upright_views() -> None:
    canvas, placement = photographic(300, 200), Placement(Box(30, 20, 200, 150))
    found = view(canvas, placement, 64)
    inner = (..., slice(3, -3), slice(3, -3))  # it uses nothing beyond the box
    error = triangle_filtered(canvas, placement, 64)[inner] - found[inner]
    assert error.abs().max() < 1.1  # torch rounds to whole levels twice


@pytest.mark.parametrize("angle", [0.1, 0.5, math.pi / 4])
@pytest.mark.parametrize("shrink", [0.7, 1.0, 1.17, 1.5, 2.0, 2.34, 3.0])
def test_a_turned_view_is_the_filters_within_39_db(shrink: float, angle: float) -> None:
    canvas, size = photographic(300, 260), 64
    side = int(shrink * size)
    placement = Placement(Box(50, 40, side, side), angle=angle)
    expected = triangle_filtered(canvas, placement, size)
    assert psnr(view(canvas, placement, size), expected) > 39


def test_a_sheared_view_that_shrinks_one_side_alone_is_the_filters() -> None:
    canvas = photographic(300, 260)
    placement = Placement(Box(50, 40, 190, 60), shear=0.2, mirrored=True)
    assert psnr(view(canvas, placement, 64), triangle_filtered(canvas, placement, 64)) > 39


def test_samples_are_as_many_as_the_view_shrinks_and_as_wide_as_the_filter() -> None:
    assert sample_places(0.1) == sample_places(1.0) == [0.0]
    for shrink, count in ((1.5, 2), (2.3, 2), (3.0, 3), (10.0, 9)):
        places = sample_places(shrink)
        assert len(places) == count
        assert np.var(places) + 1 / (6 * shrink**2) == pytest.approx(1 / 6)


# What holds for every view

canvases = st.builds(
    photographic,
    st.integers(1, 40),
    st.integers(1, 40),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
)
croppings = st.builds(
    Cropping,
    scale=st.just((0.05, 1.0)),
    flip=st.booleans(),
    rotate=st.sampled_from([0.0, 180.0]),
    rot90=st.booleans(),
    shift=st.sampled_from([0.0, 0.5]),
    zoom=st.sampled_from([0.0, 0.9]),
    shear=st.sampled_from([0.0, 60.0]),
    fill=st.sampled_from(FILLS),
    seed=st.integers(0, 2**63 - 1),
)


@settings(max_examples=150)
@given(canvas=canvases, cropping=croppings, size=st.integers(1, 40))
def test_views_have_their_size_and_no_new_values(
    canvas: Canvas, cropping: Cropping, size: int
) -> None:
    found = view(canvas, cropping.drawn(1, 0, canvas), size)
    lowest = 0 if cropping.fill == "constant" else canvas.pixels.min()
    assert lowest <= found.min()
    assert found.max() <= canvas.pixels.max()


@settings(max_examples=100)
@given(canvas=canvases, cropping=croppings, size=st.integers(1, 40))
def test_grey_stays_grey(canvas: Canvas, cropping: Cropping, size: int) -> None:
    grey = Canvas(canvas.pixels[:, :, :1].repeat(3, 2), canvas.size)
    red, green, blue = view(grey, cropping.drawn(1, 0, canvas), size)
    assert torch.equal(red, green)
    assert torch.equal(red, blue)


@pytest.mark.parametrize("grey", [1, 127, 254, 255])
@pytest.mark.parametrize("size", [(1, 1), (10_000, 20), (20, 10_000), (700, 500)])
def test_a_constant_image_stays_constant(size: tuple[int, int], grey: int) -> None:
    canvas = Canvas(np.full((size[1], size[0], 3), grey, np.uint8), size)
    for cropping in (Cropping((1.0, 1.0), (0.001, 1000.0)), Cropping((0.1, 1.0), rotate=45.0)):
        for index in range(3):
            assert (view(canvas, cropping.drawn(1, index, canvas), 32) == grey).all()


def test_black_is_what_a_constant_fill_shows_and_nothing_else() -> None:
    canvas = Canvas(np.full((50, 50, 3), 200, np.uint8), (50, 50))
    beside = Placement(whole(canvas), right=0.5, fill="constant")
    found = view(canvas, beside, 50)
    assert (found[:, :, :25] == 0).all()
    assert (found[:, :, 25:] == 200).all()
