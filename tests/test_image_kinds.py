"""Image files are told by their content; only formats of the list are ever opened."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import pytest
from PIL import Image, UnidentifiedImageError

from engine.data.decoding.decode import decode, why_broken
from engine.data.decoding.image_format import ImageFormat
from engine.data.stored import image_kinds
from engine.data.stored.image_file import ImageFile
from engine.data.stored.image_kinds import (
    FIRST_BYTES,
    KINDS,
    kind_of,
    looks_like_image,
)
from engine.data.stored.image_opening import open_content

COLOUR = ImageFormat(3, 8, 0)
RED = (255, 0, 0)
# The suffix of each format that Pillow writes.
WRITTEN = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "PPM": ".ppm",
    "AVIF": ".avif",
    "JPEG2000": ".jp2",
    "ICO": ".ico",
    "SGI": ".sgi",
    "PCX": ".pcx",
    "TGA": ".tga",
    "QOI": ".qoi",
}


def encoded(name: str) -> bytes:
    """A red image in this format."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), RED).save(file, name)
    return file.getvalue()


def written(folder: Path, name: str, content: bytes) -> ImageFile:
    (folder / name).write_bytes(content)
    return ImageFile(str(folder), name)


@pytest.mark.parametrize("name", WRITTEN)
def test_each_format_is_decoded_whatever_its_suffix(tmp_path: Path, name: str) -> None:
    content = encoded(name)
    own = written(tmp_path, f"a{WRITTEN[name]}", content)
    other = written(tmp_path, "b.png" if name != "TGA" else "b.TGA", content)
    for image in (own, other):
        assert abs(decode(image, COLOUR)[:, 4, 4].astype(int) - RED).max() <= 3
    with own.open() as opened:
        assert opened.format == name


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "TGA"])
def test_first_bytes_tell_the_format(name: str) -> None:
    start = encoded(name)[:FIRST_BYTES]
    found = kind_of(start)
    assert found is not None
    assert found.name == name
    assert looks_like_image(start)
    assert [kind.name for kind in KINDS if kind.start and kind.start.match(start)] == [name]


def test_a_tga_has_no_first_bytes_of_its_own_and_is_told_by_its_suffix() -> None:
    start = encoded("TGA")[:FIRST_BYTES]
    assert not looks_like_image(start)
    assert kind_of(start, "a.png") is None
    found = kind_of(start, "a.TGA")
    assert found is not None
    assert found.name == "TGA"


@pytest.mark.parametrize(
    "start",
    [b"", b"\0" * 64, b"BMW is a car maker, and PNG a format", b"%!PS-Adobe-3.0 EPSF", b"<svg>"],
)
def test_other_content_is_no_image(start: bytes) -> None:
    assert not looks_like_image(start)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (b"\0\0\0\x1cftypavis\0\0\0\0avifmif1", "AVIF"),
        (b"MM\0+\0\x08\0\0", "TIFF"),
    ],
)
def test_rare_beginnings(start: bytes, name: str) -> None:
    found = kind_of(start)
    assert found is not None
    assert found.name == name


def test_a_suffix_of_the_list_does_not_open_what_may_start_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does Pillow's own search, which would take EPS by its first bytes."""
    calls: list[object] = []
    monkeypatch.setattr("subprocess.check_call", lambda *command, **more: calls.append(command))
    for name in ("a.eps", "a.png", "a.tga", "a"):
        file = written(tmp_path, name, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EOF\n")
        with pytest.raises(UnidentifiedImageError):
            decode(file, COLOUR)
    assert not calls
    assert not {"EPS", "WMF", "PDF", "MPEG", "FPX"} & {kind.name for kind in KINDS}


def test_opening_images_loads_no_module_of_another_format(tmp_path: Path) -> None:
    names = [
        written(tmp_path, f"a{suffix}", encoded(name)).name for name, suffix in WRITTEN.items()
    ]
    code = (
        "import sys; from engine.data.stored.image_file import ImageFile\n"
        f"for name in {names!r}: ImageFile({str(tmp_path)!r}, name).open().close()\n"
        "assert not {'PIL.EpsImagePlugin', 'PIL.WmfImagePlugin'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bytes_in_memory_are_told_alike() -> None:
    with open_content(encoded("WEBP"), "a.jpg") as image:
        assert image.format == "WEBP"
    with pytest.raises(UnidentifiedImageError, match="not an image"):
        open_content(b"no image")


def test_a_heic_file_is_opened_by_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = ModuleType("pi_heif")

    def opened(file: IO[bytes], name: str) -> Image.Image:
        file.close()
        return Image.new("RGB", (8, 8), RED)

    def register(*, thumbnails: bool) -> None:
        known: dict[str, Any] = Image.OPEN
        known["HEIF"] = (opened, None)

    monkeypatch.setattr(package, "register_heif_opener", register, raising=False)
    monkeypatch.setitem(sys.modules, "pi_heif", package)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    image = written(tmp_path, "a.HEIC", b"\0\0\0\x1cftypheic\0\0\0\0mif1heic")
    assert image_kinds.kind_by_name(image.name) == image_kinds.kind_of(image.content())
    assert decode(image, COLOUR)[:, 0, 0].tolist() == list(RED)


def test_without_that_package_it_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    monkeypatch.setattr(Image, "OPEN", {k: v for k, v in Image.OPEN.items() if k != "HEIF"})
    image = written(tmp_path, "a.jpg", b"\0\0\0\x1cftypheic\0\0\0\0mif1heic")
    with pytest.raises(ModuleNotFoundError) as error:
        decode(image, COLOUR)
    assert "-m pip install pi-heif" in why_broken(error.value)
