"""Opens an image whose file is bytes in memory."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

# Pillow knows more, of which some start another program.
FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP")


def open_bytes(content: bytes) -> Image.Image:
    """Raises UnidentifiedImageError for what is no image of a format of the list."""
    return Image.open(io.BytesIO(content), formats=_installed())


@cache
def _installed() -> tuple[str, ...]:
    """The formats of the list that this Pillow can open; it raises KeyError for others."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
