"""Size and mode of an image by its header. PNG and JPEG files, the most of all, are read at once.

Pillow takes seven times the processor time for them, which shows where there are tens of
thousands.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from engine import regular_files
from engine.data.stored.image_file import ImageFile
from engine.data.stored.stored_image import StoredImage

# So many bytes hold the sizes of nearly all PNG and JPEG files.
FIRST_BYTES = 4096
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
# The modes of PNG by colour type for 8 bits (PNG specification, 11.2.2), as Pillow names them.
PNG_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
# The markers of JPEG that start a frame (ITU T.81, table B.1), and those without a length.
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
LONELY = frozenset((0x01, *range(0xD0, 0xD9)))
JPEG_MODES = {1: "L", 3: "RGB", 4: "CMYK"}


class Header(NamedTuple):
    """The width and height of an image, and Pillow's name for its colours."""

    size: tuple[int, int]
    mode: str


def header(stored: StoredImage) -> Header:
    """The header of an image. Raises an Exception of any type for what is not an image."""
    if isinstance(stored, ImageFile) and (found := quick_header(_first_bytes(stored))):
        return found
    with stored.open() as image:
        return Header(image.size, image.mode)


def quick_header(first: bytes) -> Header | None:
    """The header of a common PNG or JPEG by its first bytes; None where Pillow must be asked."""
    if first.startswith(PNG):
        return _png(first)
    return _jpeg(first) if first.startswith(b"\xff\xd8\xff") else None


def _first_bytes(stored: ImageFile) -> bytes:
    path = f"{stored.folder}/{stored.name}"
    descriptor = regular_files.open_descriptor(path, os.O_RDONLY)
    try:
        return os.read(descriptor, FIRST_BYTES)
    finally:
        os.close(descriptor)


def _png(first: bytes) -> Header | None:
    if len(first) < 26:
        return None
    width, height, bits, colours = struct.unpack_from(">IIBB", first, 16)
    mode = PNG_MODES.get(colours)
    return Header((width, height), mode) if bits == 8 and mode and width and height else None


def _jpeg(first: bytes) -> Header | None:
    at = 2
    while at + 10 <= len(first) and first[at] == 0xFF:
        marker = first[at + 1]
        if marker in FRAMES:
            height, width, components = struct.unpack_from(">HHB", first, at + 5)
            mode = JPEG_MODES.get(components)
            known = mode and first[at + 4] == 8 and width and height
            return Header((width, height), mode) if known and mode else None
        if marker in LONELY or marker == 0xFF:
            return None
        at += 2 + int(struct.unpack_from(">H", first, at + 2)[0])
    return None
