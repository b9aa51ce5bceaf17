"""Which files are images: by the end of their name, else by their first bytes."""

from __future__ import annotations

import re

# Files with these suffixes are taken for images without being opened.
IMAGE_SUFFIXES = frozenset(
    (
        *(".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".j2k", ".jfif", ".jp2"),
        *(".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif"),
        *(".tiff", ".webp"),
    )
)
# As many bytes tell whether a file is an image.
FIRST_BYTES = 32
# The first bytes of JPEG, PNG, GIF, TIFF (also large ones) and JPEG 2000.
_STARTS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"),
    *(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    *(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
)
# BMP with the size of its second header; WebP; AVIF and HEIF; PBM, PGM and PPM.
_PATTERNS = re.compile(
    rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"
    rb"|RIFF....WEBP"
    rb"|....ftyp(avif|avis|heic|heix|hevc|hevx|mif1|msf1)"
    rb"|P[1-6]\s+[0-9#]",
    re.DOTALL,
)


def suffix(name: str) -> str:
    """The suffix of a file's name in small letters, with its dot; empty without one."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def looks_like_image(first: bytes) -> bool:
    """Whether a file whose first bytes (`FIRST_BYTES`, or all) are these is an image."""
    return first.startswith(_STARTS) or _PATTERNS.match(first) is not None
