"""The formats of image files that are opened, each told by its first bytes. Loads no torch.

Pillow knows some that start another program, such as EPS; those are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Enough of a file to tell its format.
FIRST_BYTES = 64


@dataclass(frozen=True)
class ImageKind:
    """A format by Pillow's name for it, the module that registers it, and its suffixes.

    `start` matches the first bytes of a file; None where they tell nothing.
    """

    name: str
    module: str
    suffixes: tuple[str, ...]
    start: re.Pattern[bytes] | None


def _kind(name: str, module: str, suffixes: str, start: bytes | None) -> ImageKind:
    pattern = None if start is None else re.compile(start, re.DOTALL)
    return ImageKind(name, module, tuple(f".{suffix}" for suffix in suffixes.split()), pattern)


# The brand of a file in ISO's base media format; general ones name the special ones after it.
_GENERAL = b"m[is]f1.{4}(?:.{4})*?"

KINDS: tuple[ImageKind, ...] = (
    _kind("JPEG", "PIL.JpegImagePlugin", "jpg jpeg jpe jfif mpo", rb"\xff\xd8\xff"),
    _kind("PNG", "PIL.PngImagePlugin", "png apng", rb"\x89PNG\r\n\x1a\n"),
    _kind("WEBP", "PIL.WebPImagePlugin", "webp", rb"RIFF....WEBP"),
    _kind("GIF", "PIL.GifImagePlugin", "gif", rb"GIF8[79]a"),
    _kind("TIFF", "PIL.TiffImagePlugin", "tif tiff", rb"II[*+]\x00|MM\x00[*+]|MM\*\x00|II\x00\*"),
    _kind("BMP", "PIL.BmpImagePlugin", "bmp dib", rb"BM.{12}[\x0c(48@l|]\x00{3}"),
    _kind("PPM", "PIL.PpmImagePlugin", "ppm pgm pbm pnm pfm", rb"P[1-6]\s+[0-9#]|Pf\s+[0-9]"),
    _kind("AVIF", "PIL.AvifImagePlugin", "avif", rb"....ftyp(?:" + _GENERAL + rb")?avi[fs]"),
    _kind(
        "JPEG2000",
        "PIL.Jpeg2KImagePlugin",
        "jp2 j2k jpc jpf jpx",
        rb"\xff\x4f\xff\x51|\x00{3}\x0cjP  \r\n\x87\n",
    ),
    _kind("HEIF", "pi_heif", "heic heif hif", rb"....ftyp(?:he(?:ic|ix|im|is|vc|vx)|m[is]f1)"),
    _kind("ICO", "PIL.IcoImagePlugin", "ico", rb"\x00\x00\x01\x00[^\x00]\x00"),
    _kind("QOI", "PIL.QoiImagePlugin", "qoi", rb"qoif"),
    _kind(
        "SGI",
        "PIL.SgiImagePlugin",
        "sgi rgb rgba bw",
        rb"\x01\xda[\x00\x01][\x01\x02]\x00[\x01-\x03]",
    ),
    _kind("SUN", "PIL.SunImagePlugin", "ras", rb"\x59\xa6\x6a\x95"),
    _kind("PCX", "PIL.PcxImagePlugin", "pcx", rb"\n[\x00\x02\x03\x05]\x01[\x01\x02\x04\x08]"),
    _kind("TGA", "PIL.TgaImagePlugin", "tga", None),
)
BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
# Files with these suffixes are taken for images without being opened.
IMAGE_SUFFIXES = frozenset(BY_SUFFIX)


def suffix(name: str) -> str:
    """The suffix of a file's name in small letters, with its dot; empty without one."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def kind_by_name(name: str) -> ImageKind | None:
    """The format that the suffix of a name says, in any case."""
    return BY_SUFFIX.get(suffix(name))


def kind_of(start: bytes, name: str = "") -> ImageKind | None:
    """The format of a file by its first `FIRST_BYTES`; by its name where they tell nothing."""
    for kind in KINDS:
        if kind.start is not None and kind.start.match(start):
            return kind
    named = kind_by_name(name)
    return named if named is not None and named.start is None else None


def looks_like_image(first: bytes) -> bool:
    """Whether a file whose first bytes (`FIRST_BYTES`, or all) are these is an image."""
    return kind_of(first) is not None
