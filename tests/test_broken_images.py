"""What is wrong with an image never ends the program: it is decoded, or left out and named."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from engine.data import loading
from engine.data.base.dataset import Dataset, StoredImages
from engine.data.decoding.decode import decode, decode_all, why_broken
from engine.data.decoding.image_format import ImageFormat
from engine.data.reading.format_choice import headers_of
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from tests.fuzzed_images import fuzzed_files
from tests.loading import path_of, run_to_end, scan, stored

GREY, COLOUR = ImageFormat(1, 32, 0), ImageFormat(3, 16, 0)
RAMP = np.linspace(0.25, 0.5, 32 * 32, dtype=np.float32).reshape(32, 32)


def exif_block(*entries: tuple[int, int, int, int]) -> bytes:
    """An EXIF block of entries (tag, type, count, value); one rational number follows it."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries))
    return head + table + struct.pack("<I", 0) + struct.pack("<II", 3, 2)


def odd_photo(software_type: int = 5) -> bytes:
    """A JPEG, bright on its left, to be turned; its Software tag is no text but a number."""
    block = exif_block((0x0112, 3, 1, 6), (0x0131, software_type, 1, 38))
    image = Image.fromarray(np.repeat([[255, 0]], 32, 0).repeat(16, 1).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", exif=block, quality=95)
    return file.getvalue()


def images(root: Path, train: int = 10, validation: int = 4) -> Path:
    """Two classes of grey images for training and validation."""
    for split, count in (("train", train), ("val", validation)):
        for index in range(count):
            file = root / split / "ab"[index % 2] / f"{index:03}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (32, 32), 40 + index % 200).save(file)
    return root


def loaded(root: Path, loader: str) -> Dataset:
    recipe = Recipe(data=str(root), loader=loader)  # type: ignore[arg-type]
    return run_to_end(loading.load(recipe))[1]


def tiff(values: npt.NDArray[Any], bits: int, kind: int) -> bytes:
    """A grey TIFF of 32×32 samples; `kind` is 1 for whole numbers, 2 for signed ones, 3 for
    fractions.
    """
    data = values.tobytes()
    tags = {
        256: 32,
        257: 32,
        258: bits,
        259: 1,
        262: 1,
        273: 122,
        277: 1,
        279: len(data),
        339: kind,
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + data


def twelve_bits(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Pairs of values of 12 bits, each pair in three bytes."""
    one, two = values.reshape(-1, 2).astype(np.uint16).T
    return np.stack([one >> 4, (one & 15) << 4 | two >> 8, two & 255], 1).astype(np.uint8)


DEEP: dict[str, bytes] = {
    "sixteen.pgm": b"P5 32 32 65535\n" + (RAMP * 65535).astype(">u2").tobytes(),
    "twelve.pgm": b"P5 32 32 4095\n" + (RAMP * 4095).astype(">u2").tobytes(),
    "sixteen.tif": tiff((RAMP * 65535).astype("<u2"), 16, 1),
    "signed.tif": tiff((RAMP * 65535).astype("<i2"), 16, 2),
    "wide.tif": tiff((RAMP * 65535).astype("<i4"), 32, 2),
    "twelve.tif": tiff(twelve_bits(RAMP * 4095), 12, 1),
    "fraction.tif": tiff(RAMP, 32, 3),
    "overshoot.tif": tiff(np.where(RAMP > 0.4999, 1.1, RAMP).astype("<f4"), 32, 3),
    "bytes.tif": tiff(RAMP * 255, 32, 3),
}


@pytest.mark.parametrize("name", DEEP)
def test_grey_of_more_than_eight_bits_keeps_its_shades(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(DEEP[name])
    found = decode(stored(tmp_path / name), GREY)[0].ravel()[:-20]
    expected = RAMP.ravel()[:-20] * 255
    assert abs(found - expected).max() <= 1.01
    image = stored(tmp_path / name)
    assert headers_of([(image, 0)])[image].grey
    assert (
        abs(
            decode(stored(tmp_path / name), ImageFormat(3, 32, 0))[2].ravel()[:-20] - expected
        ).max()
        < 2
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (tiff((RAMP * 50000 - 20000).astype("<i2"), 16, 2), "from -7500 to 5000"),
        (tiff((RAMP * 4e9).astype("<u4"), 32, 1), "from 1e+09 to 2e+09"),
        (tiff(RAMP * 4000, 32, 3), "from 1000 to 2000"),
        (tiff(RAMP * np.float32(math.nan), 32, 3), "from nan to nan"),
    ],
    ids=["negative", "32 bits", "large fractions", "nan"],
)
def test_values_out_of_range_are_named_and_never_black_or_white(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    broken = decode_all([stored(tmp_path / "a.tif")], GREY, np.zeros((1, *GREY.shape), np.uint8))
    assert why in broken[0]
    assert "save it with 8 or 16 bits" in broken[0]


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_a_set_in_which_every_image_is_of_one_colour_is_told(tmp_path: Path, loader: str) -> None:
    root = images(tmp_path)
    for file in root.rglob("*.png"):
        Image.fromarray(np.full((32, 32), 200, np.uint16)).save(file)
    assert loaded(root, loader).shows_nothing


@pytest.mark.parametrize("software_type", [5, 13])
def test_an_odd_exif_block_is_obeyed_as_far_as_it_can_be_read(
    tmp_path: Path, software_type: int
) -> None:
    (tmp_path / "a.jpg").write_bytes(odd_photo(software_type))
    turned = decode(stored(tmp_path / "a.jpg"), GREY)[0]
    assert turned[:12].min() > 240
    assert turned[-12:].max() < 15


def test_an_image_whose_orientation_cannot_be_read_stays_as_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").write_bytes(odd_photo())
    monkeypatch.setattr(Image.Exif, "get", lambda *_: [6])
    assert decode(stored(tmp_path / "a.jpg"), GREY)[0][:, :12].min() > 240


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_an_odd_photo_ends_no_run(tmp_path: Path, loader: str) -> None:
    root = images(tmp_path)
    for label in "ab":
        (root / "train" / label / "photo.jpg").write_bytes(odd_photo())
    data = loaded(root, loader)
    assert len(data.train) == 12
    assert data.notes == ()


ERRORS = (
    AttributeError("'IFDRational' object has no attribute 'encode'"),
    struct.error("unpack requires a buffer of 12 bytes"),
    OverflowError("Python int too large to convert to C long"),
    MemoryError(),
    RecursionError("maximum recursion depth exceeded"),
    SyntaxError("not a TIFF file"),
    ZeroDivisionError("division by zero"),
    Image.DecompressionBombError("Image size exceeds limit"),
    Image.DecompressionBombWarning("Image size exceeds limit"),
    OSError("image file is truncated"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_error_a_decoder_raises_only_the_image_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    files = scan(images(tmp_path)).train
    opened: Callable[..., Image.Image] = Image.open

    def fails(file: str, **options: Any) -> Image.Image:
        if file == str(path_of(files[3][0])):
            raise error
        return opened(file, **options)

    monkeypatch.setattr(Image, "open", fails)
    broken = decode_all([file for file, _ in files], GREY, np.zeros((10, *GREY.shape), np.uint8))
    assert [*broken] == [3]
    assert broken[3]
    assert len(headers_of(files)) == 9
    streamed = loaded_files(files)
    assert streamed.one(3)[0].eq(streamed.one(4)[0]).all()


def loaded_files(images: LabelledImages) -> StoredImages:
    import torch

    labels = torch.tensor([label for _, label in images])
    return StoredImages("", [image for image, _ in images], labels, GREY)


def test_the_reason_is_short_and_names_no_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as gone:
        decode(stored(tmp_path / "none.png"), GREY)
    assert why_broken(gone.value) == "No such file or directory"
    assert why_broken(ValueError("one\ntwo")) == "one"
    assert why_broken(KeyError()) == "KeyError"
    assert "memory" in why_broken(MemoryError())


def test_a_streamed_set_says_that_it_has_tried_a_part_of_its_images(tmp_path: Path) -> None:
    root = images(tmp_path, train=8, validation=4)
    for file in [*(root / "train").rglob("*.png")][:2]:
        file.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"2 of 8 training images that were tried in .* cannot be"):
        loaded(root, "streaming")
    with pytest.raises(DataError, match=r"2 of 12 images in .* cannot be read"):
        loaded(root, "resident")


def test_a_split_without_a_readable_image_ends_with_counts_and_examples(tmp_path: Path) -> None:
    root = images(tmp_path, train=500, validation=4)
    for file in (root / "val").rglob("*.png"):
        file.write_bytes(b"no image")
    sentence = (
        r"a split of 4 images, and none can be read; the first are val/a/000.png, "
        r"val/a/002.png, val/b/001.png \(not an image\): repair or delete them"
    )
    with pytest.raises(DataError, match=sentence):
        loaded(root, "resident")
    validation = loaded(root, "streaming").validation
    assert isinstance(validation, StoredImages)
    with pytest.raises(
        DataError, match=r"4 images in a row in .*val/a/002.png, .*\(not an image\)"
    ):
        validation.one(1)


def test_many_broken_images_are_counted_with_examples(tmp_path: Path) -> None:
    root = images(tmp_path)
    for file in (root / "train" / "a").iterdir():
        file.write_bytes(odd_photo()[:200])
    with pytest.raises(DataError, match=r"5 of 14 images .*; the first are train/a/00\d.png, "):
        loaded(root, "resident")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_every_damaged_file_is_decoded_or_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The soak does the same with ten thousand files."""
    files = [*map(stored, fuzzed_files(seed=1, count=300, folder=tmp_path))]
    targets = np.zeros((len(files), *COLOUR.shape), np.uint8)
    broken = decode_all(files, COLOUR, targets)
    assert 100 < len(broken) < 280
    assert all(0 < len(why) < 200 and "\n" not in why for why in broken.values())
    capfd.readouterr()  # libtiff writes to stderr
