"""A plain JPEG gives the pixels that opening it gives; every other file is opened."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data.decoding import decode as decoding
from engine.data.decoding.decode import decode, decode_all
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.plain_jpeg import MOST_BYTES, plain_pixels
from tests.loading import stored

SIZE = 24


def picture(mode: str = "RGB", size: tuple[int, int] = (SIZE, SIZE)) -> Image.Image:
    """Noise, the same every time, of which no two pixels can be exchanged unseen."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), np.uint8)
    return Image.frombytes(mode, size, values.tobytes())


def jpeg(image: Image.Image, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **settings)
    return file.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def with_segment(content: bytes, marker: int, inside: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    segment = bytes([0xFF, marker]) + (2 + len(inside)).to_bytes(2) + inside
    return content[:2] + segment + content[2:]


def opened(file: Path, form: ImageFormat, monkeypatch: pytest.MonkeyPatch) -> Pixels:
    """The pixels of a file by opening it."""
    with monkeypatch.context() as changed:
        changed.setattr(decoding, "plain_pixels", lambda *_: None)
        return decode(stored(file), form)


PLAIN = {
    "as Pillow writes it": jpeg(picture()),
    "fine": jpeg(picture(), quality=100, subsampling=0),
    "coarse": jpeg(picture(), quality=5, subsampling=1),
    "with its own tables": jpeg(picture(), optimize=True),
    "with restarts": jpeg(picture(), restart_marker_blocks=1),
    "with a comment": jpeg(picture(), comment=b"by a camera"),
    "without JFIF's header": jpeg(picture())[:2] + jpeg(picture())[20:],
    "with more after its end": jpeg(picture()) + b"more",
}
OTHERS = {
    "with EXIF": jpeg(picture(), exif=turned()),
    "progressive": jpeg(picture(), progressive=True),
    "CMYK": jpeg(picture("CMYK")),
    "grey": jpeg(picture("L")),
    "of RGB components": jpeg(picture(), keep_rgb=True),
    "with a colour profile": jpeg(picture(), icc_profile=b"\0" * 128),
    "of Adobe's colours": with_segment(jpeg(picture()), 0xEE, b"Adobe\0\x64\0\0\0\0\0"),
    "larger": jpeg(picture(size=(4 * SIZE, 5 * SIZE))),
    "padded": jpeg(picture())[:2] + b"\xff" + jpeg(picture())[2:],
    "heavy": jpeg(picture()) + b"\0" * MOST_BYTES,
}


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("frame", [0, 2])
def test_a_plain_jpeg_has_the_same_pixels(
    content: bytes, frame: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, form = tmp_path / "a.JPG", ImageFormat(3, SIZE + 2 * frame, frame)
    file.write_bytes(content)
    expected = opened(file, form, monkeypatch)
    monkeypatch.delattr(Image, "open")  # as nothing opens it
    found = decode(stored(file), form)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_so_has_a_grey_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, form = tmp_path / "a.jpeg", ImageFormat(1, SIZE, 0)
    file.write_bytes(jpeg(picture("L")))
    expected = opened(file, form, monkeypatch)
    monkeypatch.delattr(Image, "open")
    assert np.array_equal(decode(stored(file), form), expected)


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_every_other_jpeg_is_opened(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, form = tmp_path / "a.jpg", ImageFormat(3, SIZE, 0)
    file.write_bytes(content)
    assert plain_pixels(stored(file), form.channels, form.size) is None
    assert np.array_equal(decode(stored(file), form), opened(file, form, monkeypatch))


def test_a_photo_is_turned_upright_and_a_plain_one_is_not(tmp_path: Path) -> None:
    sides = Image.new("RGB", (SIZE, SIZE))
    sides.paste("white", (0, 0, SIZE // 2, SIZE))  # its left is white
    form = ImageFormat(3, SIZE, 0)
    (tmp_path / "plain.jpg").write_bytes(jpeg(sides))
    (tmp_path / "photo.jpg").write_bytes(jpeg(sides, exif=turned()))
    plain, photo = (decode(stored(tmp_path / f"{name}.jpg"), form) for name in ("plain", "photo"))
    assert plain[0, -1, 0] > 200 > 50 > plain[0, 0, -1]
    assert photo[0, 0, -1] > 200 > 50 > photo[0, -1, 0]


def test_a_broken_one_is_told_as_if_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, form = jpeg(picture()), ImageFormat(3, SIZE, 0)
    files = [tmp_path / f"{length}.jpg" for length in range(0, len(content), 23)]
    for file in files:
        file.write_bytes(content[: int(file.stem)])
    images = [*map(stored, [*files, tmp_path / "missing.jpg", tmp_path])]
    pixels = np.zeros((2, len(images), 3, SIZE, SIZE), np.uint8)
    found = decode_all(images, form, pixels[0])
    monkeypatch.setattr(decoding, "plain_pixels", lambda *_: None)
    assert found == decode_all(images, form, pixels[1])
    assert len(found) == len(images)
    assert np.array_equal(*pixels)
