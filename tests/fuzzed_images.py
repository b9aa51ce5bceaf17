"""Damaged image files of every kind, made from small whole ones; a seed determines them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import TypeAlias

from PIL import ExifTags, Image

Damage: TypeAlias = Callable[[Random, bytes], bytes]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Chunks whose content a reader of PNG files interprets; others it skips.
CHUNKS = (b"tRNS", b"PLTE", b"gAMA", b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs", b"acTL")


def whole_files() -> dict[str, bytes]:
    """Small images of all formats and of many modes, by a file name."""
    saved: dict[str, bytes] = {}
    for mode in ("L", "RGB", "P", "RGBA", "1", "I;16", "LA"):
        saved[f"{mode}.png"] = _encoded(mode, "PNG")
    for mode in ("L", "RGB", "CMYK"):
        saved[f"{mode}.jpg"] = _encoded(mode, "JPEG", progressive=mode == "RGB")
    for mode in ("L", "RGB", "I;16", "F", "I"):
        saved[f"{mode}.tif"] = _encoded(mode, "TIFF")
        saved[f"{mode}-packed.tif"] = _encoded(mode, "TIFF", compression="tiff_lzw")
    for mode, name, form in (
        ("P", "P.gif", "GIF"),
        ("RGB", "RGB.webp", "WEBP"),
        ("RGB", "RGB.bmp", "BMP"),
        ("RGB", "RGB.ppm", "PPM"),
        ("I", "I.pgm", "PPM"),
    ):
        saved[name] = _encoded(mode, form)
    return saved


def _encoded(mode: str, form: str, **options: object) -> bytes:
    grey = Image.linear_gradient("L").resize((12, 10))
    image = grey if mode in ("L", "I;16", "F", "I", "1") else grey.convert("RGB")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Software] = "camera"
    exif[ExifTags.Base.XResolution] = 72.0
    file = io.BytesIO()
    block = {"exif": exif} if form in ("JPEG", "PNG", "TIFF", "WEBP") else {}
    image.convert(mode).save(file, form, **block, **options)
    return file.getvalue()


def fuzzed_files(seed: int, count: int, folder: Path) -> list[Path]:
    """Write so many files, and return their paths."""
    files = []
    for index, (name, content) in zip(range(count), fuzzed_images(seed), strict=False):
        files.append(folder / f"{index:05}-{name}")
        files[-1].write_bytes(content)
    return files


def fuzzed_images(seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents, without end."""
    draw = Random(seed)
    whole = whole_files()
    while True:
        name = draw.choice([*whole])
        damages = [cut_off, bytes_changed]
        if name.endswith(".png"):
            damages += [chunks_changed] * 2
        if b"Exif" in whole[name] or name.endswith((".png", ".tif")):
            damages += [tags_changed] * 3
        yield name, draw.choice(damages)(draw, whole[name])


def cut_off(draw: Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content))]


def bytes_changed(draw: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randint(1, 8)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def tags_changed(draw: Random, content: bytes) -> bytes:
    """The file with other types, counts and values in the entries of its first table of tags."""
    start = max(content.find(order) for order in (b"II*\0", b"MM\0*"))
    if start < 0:
        return bytes_changed(draw, content)
    order = "<" if content[start : start + 1] == b"I" else ">"
    (table,) = struct.unpack_from(f"{order}I", content, start + 4)
    at = start + table
    changed = bytearray(content)
    (entries,) = struct.unpack_from(f"{order}H", content, at)
    for _ in range(draw.randint(1, 4)):
        entry = at + 2 + 12 * draw.randrange(entries)
        kind, number = draw.randint(0, 14), draw.choice([0, 1, 2, 9, 2**16, 2**31, 2**32 - 1])
        form, place, value = draw.choice(
            [("H", 2, kind), ("I", 4, number), ("I", 8, draw.getrandbits(32)), ("H", 0, kind)]
        )
        struct.pack_into(f"{order}{form}", changed, entry + place, value)
    return _with_checksums(bytes(changed)) if content.startswith(PNG_SIGNATURE) else bytes(changed)


def chunks_changed(draw: Random, content: bytes) -> bytes:
    """The PNG file with chunks removed, repeated, moved, added or changed; checksums are right."""
    chunks = [*_chunks(content)]
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(chunks)) if chunks else 0
        action = draw.randrange(5)
        if action == 0 and chunks:
            del chunks[at]
        elif action == 1 and chunks:
            chunks.insert(draw.randrange(len(chunks)), chunks[at])
        elif action == 2:
            draw.shuffle(chunks)
        elif action == 3:
            chunks.insert(at, (draw.choice(CHUNKS), draw.randbytes(draw.randrange(40))))
        elif chunks:
            kind, data = chunks[at]
            chunks[at] = (kind, bytes_changed(draw, data) if data else b"x")
    return _png(chunks)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        yield kind, content[at + 8 : at + 8 + length]
        at += 12 + length


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _with_checksums(content: bytes) -> bytes:
    return _png([*_chunks(content)])
