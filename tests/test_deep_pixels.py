"""Values of more than 8 bits, transparent pixels and bands become pixels as the recipe says."""

from __future__ import annotations

import io
import math
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from engine.data import loading
from engine.data.base.dataset import Dataset
from engine.data.decoding.decode import decode
from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.rendering import Rendering
from engine.data.preparation import data_alerts
from engine.errors import DataError, UsageError
from engine.protocol.events import Alert
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_building import build_recipe, fields_for_device, read_recipe
from engine.recipes.recipe_toml import parse_setting, to_toml
from tests.loading import pixels, run_to_end, stored

SIZE = 16
RAMP = np.linspace(0, 1, SIZE * SIZE).reshape(SIZE, SIZE)


def loaded(root: Path, **settings: Any) -> Dataset:
    chosen = build_recipe(settings={"data": str(root), "size": SIZE, **settings})
    return run_to_end(loading.load(chosen))[1]


def folder(root: Path, suffix: str, content: bytes, count: int = 20) -> Path:
    """Two classes of copies of a file."""
    for index in range(count):
        file = root / "ab"[index % 2] / f"{index:03}.{suffix}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return root


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def tiff(values: npt.NDArray[Any], kind: int, bands: int = 1) -> bytes:
    """A TIFF of SIZE×SIZE samples; `kind` is 1 for whole numbers, 2 for signed ones, 3 for
    fractions.
    """
    data, bits = values.tobytes(), values.dtype.itemsize * 8
    tags = {
        **{256: SIZE, 257: SIZE, 258: bits, 259: 1, 262: 1, 273: 134, 277: bands},
        **{278: SIZE, 279: len(data), 339: kind},
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + data


DEEP: dict[str, tuple[str, bytes]] = {
    "12 bits in 16": ("png", encoded(Image.fromarray((RAMP * 4095).astype(np.uint16)), "PNG")),
    "16 bits in a PGM": ("pgm", b"P5 16 16 65535\n" + (RAMP * 9000).astype(">u2").tobytes()),
    "16 bits in JPEG 2000": (
        "png",
        encoded(Image.fromarray((RAMP * 4095).astype(np.uint16)), "JPEG2000"),
    ),
    "signed 8 bits": ("tif", tiff((RAMP * 200 - 100).astype("<i1"), 2)),
    "signed 16 bits": ("tif", tiff((RAMP * 3000 - 1000).astype("<i2"), 2)),
    "signed 32 bits": ("tif", tiff((RAMP * 3e9 - 1.5e9).astype("<i4"), 2)),
    "32 bits without a sign": ("tif", tiff((RAMP * 4e9).astype("<u4"), 1)),
    "small fractions": ("tif", tiff((RAMP * 0.01).astype("<f4"), 3)),
    "large fractions": ("tif", tiff((RAMP * 1e6 - 5e5).astype("<f4"), 3)),
    "fractions of a PFM": ("ppm", b"Pf\n16 16\n-1.0\n" + (RAMP[::-1] * 7).astype("<f4").tobytes()),
}


@pytest.mark.parametrize("loader", ["resident", "streaming"])
@pytest.mark.parametrize("name", DEEP)
def test_the_values_of_a_set_fill_eight_bits(tmp_path: Path, name: str, loader: str) -> None:
    suffix, content = DEEP[name]
    data = loaded(folder(tmp_path, suffix, content), loader=loader)
    found = data.train.one(0).pixels[0].numpy()
    # The darkest and the brightest of a thousand values are cut off.
    assert abs(found - RAMP * 255).max() <= 2
    assert data.train.shape[0] == 1
    low, high = data.image_format.rendering.levels
    assert low < high
    assert not [note for note in data.notes if "outside" in note]


@pytest.mark.parametrize(("depths", "count"), [((16, 8), 1), ((16, 16), 0), ((8, 8), 0)])
def test_files_of_8_and_of_more_bits_in_one_set_are_told(
    tmp_path: Path, depths: tuple[int, int], count: int
) -> None:
    """Where the bits go with the class, a network learns nothing else."""
    grey = (RAMP * 255).astype(np.uint8)
    for name, bits in zip("ab", depths, strict=True):
        (tmp_path / name).mkdir()
        image = Image.fromarray(grey if bits == 8 else grey.astype(np.uint16) * 16)
        for i in range(10):
            image.save(tmp_path / name / f"{i}.png")
    notes = [note for note in loaded(tmp_path).notes if "have more than 8 bits" in note]
    assert len(notes) == count
    assert all(note.startswith("10 of 20 images that were looked at") for note in notes)


def test_levels_are_percentiles_over_the_images_of_a_sample(tmp_path: Path) -> None:
    for index in range(50):
        file = tmp_path / "ab"[index % 2] / f"{index:02}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((100, 100), 1000 + index, np.uint16)).save(file)
    low, high = loaded(tmp_path).image_format.rendering.levels
    every = np.repeat(np.arange(1000, 1050), 10_000)
    assert (low, high) == pytest.approx(tuple(np.percentile(every, (0.1, 99.9))), abs=1)


def test_values_that_are_no_numbers_become_black(tmp_path: Path) -> None:
    values = (RAMP * 40 - 20).astype("<f4")
    values[5], values[6, 0], values[6, 1] = math.nan, math.inf, -math.inf
    data = loaded(folder(tmp_path, "tif", tiff(values, 3)))
    found = pixels(data.train)[0, 0].numpy()
    assert (found[5] == 0).all()
    assert found[6, :2].tolist() == [255, 0]
    assert abs(found[8:] - RAMP[8:] * 255).max() <= 2
    (note,) = data.notes
    assert note.startswith(
        "7.0 % of the values of the images are outside the levels from -20 to 20"
    )


@pytest.mark.parametrize("many", [1, 10_000])
@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_what_saturates_is_counted_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: str, many: int
) -> None:
    """By threads and by processes."""
    monkeypatch.setattr("engine.data.reading.decoded_images.MANY_IMAGES", many)
    root = folder(tmp_path, *DEEP["12 bits in 16"])
    assert loaded(root, loader=loader, levels=[0, 4095]).notes == ()
    (note,) = loaded(root, loader=loader, levels=[0, 2047.5], threads=1).notes
    assert note.startswith(
        "50.0 % of the values of the images are outside the levels from 0 to 2047"
    )
    assert "--set levels=" in note


def test_levels_are_asked_for_and_written_as_two_numbers(tmp_path: Path) -> None:
    assert parse_setting("levels=0,4095") == ("levels", [0, 4095])
    chosen = build_recipe(settings=dict([parse_setting("levels=-1.5,4095")]))
    assert chosen.levels == (-1.5, 4095.0)
    (tmp_path / "recipe.toml").write_text(to_toml(chosen))
    assert read_recipe(tmp_path / "recipe.toml") == chosen
    for wrong in ([1], [2, 1], [1, 2, 3], [3, 3]):
        with pytest.raises(UsageError, match="levels are two numbers"):
            build_recipe(settings={"levels": wrong})


RESOLVED = Resolved(
    device="cpu", precision="float32", memory_format="contiguous", threads=1, size=SIZE
)


def test_a_run_keeps_its_levels_though_its_images_change(tmp_path: Path) -> None:
    root = folder(tmp_path, *DEEP["12 bits in 16"])
    data = loaded(root)
    kept = msgspec.structs.replace(RESOLVED, levels=data.image_format.rendering.levels)
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml(Recipe(data=str(root), size=SIZE), kept))
    folder(root, "png", encoded(Image.fromarray((RAMP * 8190).astype(np.uint16)), "PNG"))
    again = read_recipe(file)
    assert again.levels == data.image_format.rendering.levels
    found = pixels(run_to_end(loading.load(again))[1].train)[0, 0].numpy()
    assert abs(found - (RAMP * 510).clip(0, 255)).max() <= 2


def test_a_run_of_before_levels_goes_on_by_the_kind_of_the_numbers(tmp_path: Path) -> None:
    root = folder(tmp_path, *DEEP["12 bits in 16"])
    toml = to_toml(Recipe(data=str(root), size=SIZE), RESOLVED)
    file = tmp_path / "recipe.toml"
    old = [line for line in toml.splitlines() if not line.startswith(("levels", "backdrop"))]
    file.write_text("\n".join(old))
    chosen = read_recipe(file)
    assert (chosen.levels, chosen.backdrop) == ((), "none")
    found = pixels(run_to_end(loading.load(chosen))[1].train)[0, 0].numpy()
    assert abs(found - RAMP * 15).max() <= 1
    elsewhere = fields_for_device(
        {"resolved": {"size": SIZE, "levels": [1.0, 2.0], "backdrop": "black"}}, "cuda"
    )
    assert (elsewhere["levels"], elsewhere["backdrop"]) == ([1.0, 2.0], "black")
    assert fields_for_device({"resolved": {"size": SIZE}}, "cuda")["levels"] == ()


def test_the_log_tells_the_levels(tmp_path: Path) -> None:
    data = loaded(folder(tmp_path, *DEEP["12 bits in 16"]), levels=[0, 4095])
    alerts = data_alerts(data, Recipe(), RESOLVED, 1e9)
    told = [alert.text for alert in alerts if isinstance(alert, Alert)]
    assert (
        "in images of more than 8 bits, 0 is black and 4095 is white: `levels` in the recipe"
        in told
    )


def test_images_of_eight_bits_have_no_levels(tmp_path: Path) -> None:
    grey = Image.fromarray((RAMP * 100).astype(np.uint8))
    data = loaded(folder(tmp_path, "png", encoded(grey, "PNG")))
    assert data.image_format.rendering == Rendering((), "white")
    assert pixels(data.train)[0, 0].max() == 100


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_deep_images_of_one_value_throughout_show_nothing(tmp_path: Path, loader: str) -> None:
    for index in range(20):
        file = tmp_path / "ab"[index % 2] / f"{index:02}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((SIZE, SIZE), 500 * index, np.uint16)).save(file)
    assert loaded(tmp_path, loader=loader).shows_nothing


# Transparent pixels


def drawing(colour: tuple[int, int, int], mode: str = "RGBA") -> Image.Image:
    """A square of a colour in the middle; elsewhere its colour is the same but transparent."""
    image = Image.new("RGBA", (SIZE, SIZE), (*colour, 0))
    image.paste((*colour, 255), (4, 4, 12, 12))
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_a_drawing_in_alpha_alone_shows_on_the_backdrop(
    tmp_path: Path, mode: str, ink: int, paper: int
) -> None:
    data = loaded(folder(tmp_path, "png", encoded(drawing((ink,) * 3, mode), "PNG")))
    found = pixels(data.train)[0]
    assert found[:, 8, 8].eq(ink).all()
    assert found[:, 0, 0].eq(paper).all()
    backdrop = "white" if paper else "black"
    assert data.image_format.rendering.backdrop == backdrop
    (note,) = data.notes
    assert note.startswith(
        f"20 of 20 images that were looked at are partly transparent: they are shown on {backdrop}"
    )


@pytest.mark.parametrize("suffix", ["webp", "png", "gif", "ico", "tga", "avif"])
def test_transparent_pixels_of_every_format_show_the_backdrop(tmp_path: Path, suffix: str) -> None:
    form = {"webp": "WEBP", "png": "PNG", "gif": "GIF", "ico": "ICO", "tga": "TGA", "avif": "AVIF"}
    options = {"lossless": True} if suffix == "webp" else {}
    (tmp_path / f"a.{suffix}").write_bytes(encoded(drawing((200, 30, 30)), form[suffix], **options))
    format_ = ImageFormat(3, SIZE, 0, Rendering(backdrop="white"))
    found = decode(stored(tmp_path / f"a.{suffix}"), format_).astype(int)
    assert abs(found[:, 0, 0] - 255).max() <= 2
    assert abs(found[:, 8, 8] - (200, 30, 30)).max() <= 6


def test_palettes_and_colours_that_are_transparent_show_the_backdrop(tmp_path: Path) -> None:
    flat = Image.new("RGB", (SIZE, SIZE), (9, 9, 9))
    flat.paste((200, 30, 30), (4, 4, 12, 12))
    flat.save(tmp_path / "colour.png", transparency=(9, 9, 9))
    flat.convert("L").save(tmp_path / "grey.png", transparency=9)
    flat.quantize(4).save(tmp_path / "palette.png", transparency=bytes([0, 255, 255, 255]))
    for name in ("colour", "grey", "palette"):
        format_ = ImageFormat(3, SIZE, 0, Rendering(backdrop="white"))
        found = decode(stored(tmp_path / f"{name}.png"), format_)
        assert {found[0, 0, 0], found[0, 8, 8]} > {255}


def test_without_a_backdrop_and_where_nothing_is_transparent_pixels_stay(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIZE, SIZE, 4), np.uint8)
    Image.fromarray(noise).save(tmp_path / "alpha.png")
    noise[..., 3] = 255
    Image.fromarray(noise).save(tmp_path / "opaque.png")
    for name, backdrop in (("alpha", "none"), ("opaque", "white"), ("opaque", "black")):
        format_ = ImageFormat(3, SIZE, 0, Rendering(backdrop=backdrop))  # type: ignore[arg-type]
        found = decode(stored(tmp_path / f"{name}.png"), format_)
        with Image.open(tmp_path / f"{name}.png") as image:
            assert (found.transpose(1, 2, 0) == np.asarray(image)[..., :3]).all()


# Frames and bands


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_of_several_frames_the_first_is_taken_and_said_once(tmp_path: Path, suffix: str) -> None:
    first, second = (Image.fromarray((RAMP * top).astype(np.uint8)) for top in (200, 50))
    form = {"gif": "GIF", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}[suffix]
    content = encoded(first.convert("RGB"), form, save_all=True, append_images=[second])
    data = loaded(folder(tmp_path, suffix, content))
    assert abs(int(pixels(data.train).max()) - 200) <= 4
    (note,) = data.notes
    assert note.startswith("20 of 20 images that were looked at have several frames, such as a/0")


def test_a_photo_with_a_preview_is_one_picture(tmp_path: Path) -> None:
    photo = Image.fromarray((RAMP * 255).astype(np.uint8)).convert("RGB")
    content = encoded(photo, "MPO", save_all=True, append_images=[photo])
    assert loaded(folder(tmp_path, "jpg", content)).notes == ()


def with_more(bands: int, photometric: int) -> bytes:
    """A TIFF of 8 bits with grey (1) or colours (2) and with bands of no known meaning."""
    data = np.stack([RAMP * 255] * bands, 2).astype(np.uint8).tobytes()
    more = bands - {1: 1, 2: 3}[photometric]
    tags = [(256, 4, 1, SIZE), (257, 4, 1, SIZE), (258, 3, bands, 134), (259, 4, 1, 1)]
    tags += [(262, 4, 1, photometric), (273, 4, 1, 134 + 2 * bands), (277, 4, 1, bands)]
    tags += [(278, 4, 1, SIZE), (279, 4, 1, len(data)), (338, 3, more, 0)]
    if bands == 2:  # both numbers fit into the entry itself
        tags[2] = (258, 3, bands, 8 << 16 | 8)
    table = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    bits = struct.pack(f"<{bands}H", *[8] * bands)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + table + struct.pack("<I", 0) + bits + data


def test_more_bands_than_colours_have_are_refused_with_what_to_type(tmp_path: Path) -> None:
    values = np.stack([RAMP * 255] * 6, 2).astype(np.uint8)
    root = folder(tmp_path, "tif", tiff(values, 1, bands=6))
    with pytest.raises(DataError, match=r"such as a/000.tif with 6: .* --set bands=1,2,3"):
        loaded(root)


def test_bands_that_pillow_would_leave_out_without_a_word_are_refused_too(tmp_path: Path) -> None:
    """It opens a TIFF of red, green, blue and two more bands as the first three."""
    content = with_more(5, photometric=2)
    with Image.open(io.BytesIO(content)) as image:
        assert image.mode == "RGB"
    with pytest.raises(DataError, match="with 5: choose one or three of them"):
        loaded(folder(tmp_path, "tif", content))


@pytest.mark.parametrize(("bands", "shown"), [("2", (1,)), ("3,2,1", (2, 1, 0))])
def test_chosen_bands_of_other_images_are_their_colours(
    tmp_path: Path, bands: str, shown: tuple[int, ...]
) -> None:
    colours = np.stack([RAMP * top for top in (255, 100, 50)], 2).astype(np.uint8)
    data = loaded(
        folder(tmp_path, "png", encoded(Image.fromarray(colours), "PNG")),
        bands=build_recipe(settings=dict([parse_setting(f"bands=[{bands}]")])).bands,
    )
    assert torch.equal(
        pixels(data.train)[0], torch.from_numpy(colours[..., shown]).permute(2, 0, 1)
    )


def test_bands_that_are_not_there_end_with_a_sentence(tmp_path: Path) -> None:
    root = folder(tmp_path, "png", encoded(Image.new("RGB", (SIZE, SIZE)), "PNG"))
    with pytest.raises(
        DataError, match=r"the bands 7 cannot be read of a/000.png, which has only 3"
    ):
        loaded(root, bands=[7])
    with pytest.raises(UsageError, match="one or three numbers of bands, and not 2"):
        build_recipe(settings={"bands": [1, 2]})


def test_a_tiff_of_many_bands_needs_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tifffile", None)
    values = np.stack([RAMP * 255] * 6, 2).astype(np.uint8)
    root = folder(tmp_path, "tif", tiff(values, 1, bands=6))
    with pytest.raises(DataError, match=r"without the package tifffile: .*-m pip install tifffile"):
        loaded(root, bands=[4, 3, 2])


def png_of_16_bits(colours: bytes) -> bytes:
    """A PNG of one row of colours with 16 bits each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", len(colours) // 6, 1, 16, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" + colours))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def test_colours_of_16_bits_are_cut_to_the_upper_8_and_said(tmp_path: Path) -> None:
    data = loaded(folder(tmp_path, "png", png_of_16_bits(bytes(range(6)))))
    assert data.train.one(0).pixels[:, 0, 0].tolist() == [0, 2, 4]
    (note,) = data.notes
    assert note.startswith("20 of 20 images that were looked at have more bands or bits than are")


def test_bands_that_are_not_read_are_said(tmp_path: Path) -> None:
    """Pillow takes the first of two bands that are stored as grey."""
    content = with_more(2, photometric=1)
    with Image.open(io.BytesIO(content)) as image:
        assert image.mode == "L"
    (note,) = loaded(folder(tmp_path, "tif", content)).notes
    assert "more bands or bits than are read, such as a/0" in note
