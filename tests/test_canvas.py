"""Canvases: how large they are, and what crops of them are worth."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest
from PIL import ExifTags, Image

from engine.data.decoding import upright
from engine.data.decoding.canvas import Canvas, canvas_size, decode_canvas, most_bytes
from engine.data.decoding.decode import decode, decode_all
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.machine import memory
from tests.generated_photos import photo
from tests.memory_images import EncodedImage, file_of

SIZE = 64
FORMAT = ImageFormat(3, SIZE, 0, canvas=2 * SIZE)
GREY = ImageFormat(1, SIZE, 0, canvas=2 * SIZE)


def canvas_of(image: EncodedImage, image_format: ImageFormat = FORMAT) -> Canvas:
    return decode_canvas(image, image_format)[0]


@pytest.mark.parametrize(
    ("decoded", "expected"),
    [
        ((500, 375), (500, 375)),
        ((761, 761), (761, 761)),
        ((762, 762), (448, 448)),
        ((1015, 761), (1015, 761)),
        ((750, 1000), (750, 1000)),
        ((750, 1125), (448, 672)),  # kept, it would be larger than a canvas may be
        ((4000, 3000), (597, 448)),
        ((10_000, 20), (10_000, 20)),
        ((10_000, 400), (1933, 400)),
        ((10_000, 1000), (1726, 448)),
        ((1, 1), (1, 1)),
        ((1, 10_000_000), (1, 773_379)),
    ],
)
def test_a_canvas_is_small_but_keeps_small_images(
    decoded: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert canvas_size(*decoded, 448) == expected
    assert canvas_size(*decoded[::-1], 448) == expected[::-1]
    assert math.prod(expected) * 3 <= most_bytes(448, 3)


def test_no_canvas_needs_more_bytes_than_a_slot_has() -> None:
    random = np.random.default_rng(0)
    for side, width, height in np.exp(random.uniform(0, 9, (3000, 3))).astype(int).tolist():
        across, down = canvas_size(width, height, side)
        assert 1 <= across <= width
        assert 1 <= down <= height
        assert across * down * 3 <= most_bytes(side, 3)
        assert min(across, down) == min(width, height, side) or max(width, height) >= side


def psnr(one: Image.Image, other: Image.Image) -> float:
    apart = np.asarray(one, np.float64) - np.asarray(other)
    return float(10 * np.log10(255**2 / max(np.square(apart).mean(), 1e-9)))


@lru_cache(1)
def photo_file(width: int, height: int) -> EncodedImage:
    return file_of(photo(width, height, 1), "JPEG", quality=90)


def crop_quality(width: int, height: int, scale: float) -> float:
    """The mean PSNR in dB of crops of this share of the area, against those of the whole image."""
    image = photo_file(width, height)
    with image.open() as whole:
        canvas = Image.fromarray(canvas_of(image).pixels)
        random, found = np.random.default_rng(0), []
        for ratio in np.exp(np.linspace(np.log(3 / 4), np.log(4 / 3), 8)).tolist():
            area = scale * math.prod(canvas.size)
            sides = [round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)]
            across, down = (min(pair) for pair in zip(sides, canvas.size, strict=True))
            left, top = (
                int(random.integers(room - side + 1))
                for room, side in zip(canvas.size, (across, down), strict=True)
            )
            box = (left, top, left + across, top + down)
            scales = (width / canvas.width, height / canvas.height) * 2
            whole_box = [edge * factor for edge, factor in zip(box, scales, strict=True)]
            found.append(psnr(seen(canvas, box), seen(whole, whole_box)))
    return float(np.mean(found))


def seen(image: Image.Image, box: list[float] | tuple[int, int, int, int]) -> Image.Image:
    left, top, right, bottom = box
    inside = (left, top, min(right, image.width), min(bottom, image.height))
    return image.resize((SIZE, SIZE), Image.Resampling.BILINEAR, inside)


# From photographs that are kept as they are, to some that are nine times as large as their canvas.
SIZES = [(152, 112), (304, 216), (384, 256), (448, 336), (688, 512), (936, 704), (1536, 1152)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_crops_of_a_canvas_are_those_of_the_whole_image(size: tuple[int, int]) -> None:
    for scale in (0.25, 0.35, 0.5, 1):
        assert crop_quality(*size, scale) >= 40


def test_smaller_crops_lose_what_the_canvas_does_not_have() -> None:
    found = [crop_quality(688, 512, scale) for scale in (0.15, 0.08)]
    assert 34 < found[0] < 38
    assert 30 < found[1] < 33


def test_a_large_jpeg_is_decoded_smaller() -> None:
    grey = Image.linear_gradient("L").resize((2000, 1500))
    canvas = canvas_of(file_of(grey, "JPEG"), GREY)
    assert canvas.pixels.shape == (188, 250, 1)
    assert canvas.size == (2000, 1500)
    assert canvas_of(file_of(grey), GREY).pixels.shape == (128, 171, 1)


def test_a_canvas_is_upright_and_so_is_its_size() -> None:
    image = Image.new("RGB", (60, 40), "red")
    image.paste("blue", (0, 0, 30, 40))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # its left side is the top
    canvas = canvas_of(file_of(image, "JPEG", quality=95, exif=exif))
    assert canvas.size == (40, 60)
    assert canvas.pixels.shape == (60, 40, 3)
    assert canvas.pixels[5, 20].argmax() == 2
    assert canvas.pixels[55, 20].argmax() == 0


def palette() -> Image.Image:
    return Image.new("RGB", (30, 20), (204, 102, 0)).convert("P")


@pytest.mark.parametrize(
    ("image", "kind", "colour"),
    [
        (Image.new("L", (30, 20), 77), "PNG", (77, 77, 77)),
        (palette(), "PNG", (204, 102, 0)),
        (Image.new("I;16", (30, 20), 77 * 256), "PNG", (77, 77, 77)),
        (Image.new("CMYK", (30, 20), (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
        (Image.new("RGBA", (30, 20), (1, 2, 3, 255)), "PNG", (1, 2, 3)),
        (Image.new("RGB", (1, 1), (1, 2, 3)), "PNG", (1, 2, 3)),
        (Image.new("RGB", (10_000, 20), (1, 2, 3)), "PNG", (1, 2, 3)),
    ],
    ids=["grey", "palette", "16 bit", "CMYK", "RGBA", "1x1", "10000x20"],
)
def test_any_image_becomes_a_canvas_and_what_the_network_sees(
    image: Image.Image, kind: str, colour: tuple[int, int, int]
) -> None:
    canvas = canvas_of(file_of(image, kind))
    across, down = canvas_size(*image.size, FORMAT.canvas)
    assert canvas.pixels.shape == (down, across, 3)
    assert canvas.size == image.size
    assert (canvas.pixels == colour).all()
    assert decode(file_of(image, kind), FORMAT)[:, 30, 30].tolist() == list(colour)


def decoded(image: EncodedImage) -> tuple[Pixels, dict[int, str]]:
    pixels = np.empty((1, 1, SIZE, SIZE), np.uint8)
    return pixels, decode_all([image], GREY, pixels)


def test_a_jpeg_of_180_megapixels_is_decoded_without_a_word() -> None:
    image = file_of(Image.new("L", (15_000, 12_000), 99), "JPEG")
    pixels, broken = decoded(image)
    assert broken == {}
    assert (pixels == 99).all()


def test_what_is_too_large_for_the_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upright, "MANY_PIXELS", 1_000_000)
    image = Image.new("L", (1000, 1000), 99)
    jpeg, deep = file_of(image, "JPEG"), file_of(image.convert("I;16"))
    progressive = file_of(image, "JPEG", progressive=True)
    too_large = {0: "too large for the free memory"}
    needed = 250 * 250 * upright.BYTES  # at a quarter of its sides
    monkeypatch.setattr(memory, "free_bytes", lambda: needed)
    assert [decoded(each)[1] for each in (jpeg, deep, progressive)] == [{}, too_large, too_large]
    monkeypatch.setattr(memory, "free_bytes", lambda: needed - 1)
    assert decoded(jpeg)[1] == too_large
