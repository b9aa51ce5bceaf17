"""Opens an image whose file is bytes in memory."""

from __future__ import annotations

import io

from PIL import Image

# Pillow knows more, of which some start another program.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TGA", "TIFF"),
    "WEBP",
)


def open_bytes(content: bytes) -> Image.Image:
    """Raises UnidentifiedImageError for what is no image of a format of the list."""
    return Image.open(io.BytesIO(content), formats=FORMATS)
