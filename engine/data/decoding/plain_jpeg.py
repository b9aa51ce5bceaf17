"""Decodes plain JPEG files in half of the time that opening them takes. Loads no torch.

Pillow reads the header of a file with some forty calls. For a small image these take longer than
its pixels. A file is plain where nothing beside the tables of its pixels can change them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from engine.data.stored.stored_image import StoredImage

SUFFIXES = (".jpg", ".jpeg")
# Pillow decodes a larger file in parts. The header takes only a small part of its time, too.
MOST_BYTES = ImageFile.MAXBLOCK - 1

# The second bytes of markers; the first is always 0xFF. See ITU-T T.81, table B.1.
IMAGE, BASELINE_FRAME, SCAN = 0xD8, 0xC0, 0xDA
APP0, QUANTIZATION, HUFFMAN, RESTART_INTERVAL, COMMENT = 0xE0, 0xDB, 0xC4, 0xDD, 0xFE
# EXIF blocks, colour profiles and series of images are in segments with other markers.
HARMLESS = (APP0, QUANTIZATION, HUFFMAN, RESTART_INTERVAL, COMMENT)
MODES = {1: "L", 3: "RGB"}


def plain_pixels(stored: StoredImage, channels: int, size: int) -> npt.NDArray[np.uint8] | None:
    """The pixels (C, size, size) of a plain JPEG of this size and so many channels.

    None for every other image, also for a broken one: opening it tells what is wrong.
    """
    if not stored.name.lower().endswith(SUFFIXES):
        return None
    content = stored.encoded(MOST_BYTES)
    if not _is_plain(content, channels, size):
        return None
    mode = MODES[channels]
    try:
        image = Image.frombytes(mode, (size, size), content, "jpeg", mode, "")
    except (OSError, ValueError):
        return None
    if channels == 1:
        return np.frombuffer(image.tobytes(), np.uint8).reshape(1, size, size)
    # Each row as a line of red, one of green and one of blue.
    lines = np.frombuffer(image.tobytes("raw", "RGB;L"), np.uint8)
    return lines.reshape(size, channels, size).transpose(1, 0, 2)


def _is_plain(content: bytes, channels: int, size: int) -> bool:
    """Whether a file has one baseline image of this kind, and no segment that needs a look."""
    side = size.to_bytes(2)
    frame = b"\x08" + side + side + bytes([channels])  # 8 bits per sample
    at, has_frame = 2, False
    if content[:at] != bytes([0xFF, IMAGE]):
        return False
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == SCAN:
            return has_frame
        if marker == BASELINE_FRAME:
            has_frame = content.startswith(frame, at + 4)
        elif marker not in HARMLESS:
            return False
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return False
