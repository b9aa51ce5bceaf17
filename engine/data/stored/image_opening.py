"""Opens images, as one of the formats that are known. Loads no torch.

Pillow is asked about one of them at a time: that of the suffix, then that of the first bytes.
"""

from __future__ import annotations

import importlib
import io
from typing import IO

from PIL import Image, UnidentifiedImageError

from engine.data import data_text
from engine.data.stored.image_kinds import FIRST_BYTES, ImageKind, kind_by_name, kind_of

# Pillow would warn of images of 89 megapixels, and refuse those of 179. A JPEG of that size is
# decoded smaller, and `engine.data.decoding.upright` asks whether there is memory for others.
Image.MAX_IMAGE_PIXELS = None
# A tag of TIFF, and the most bands that are colours and transparency.
SAMPLES_PER_PIXEL, MOST_BANDS = 277, 4


class BandsError(ValueError):
    """An image has more bands than colours and transparency."""

    def __init__(self, bands: int) -> None:
        super().__init__(data_text.more_bands(bands))
        self.bands = bands


def open_file(path: str) -> Image.Image:
    """Open an image file. Raises UnidentifiedImageError for what is no image of a known format."""
    named = kind_by_name(path)
    if named is not None and named.start is not None and _is_ready(named):
        try:
            return _checked(Image.open(path, formats=(named.name,)))
        except UnidentifiedImageError:
            pass  # it has another format than its name says, or another content
    with open(path, "rb") as file:
        start = file.read(FIRST_BYTES)
        kind = _known(start, path)
        _check_bands(kind, file)
    return _checked(Image.open(path, formats=(kind.name,)))


def open_content(content: bytes, name: str = "") -> Image.Image:
    """Open an image whose file has these bytes. Raises as `open_file`."""
    kind = _known(content[:FIRST_BYTES], name)
    file = io.BytesIO(content)
    _check_bands(kind, file)
    return _checked(Image.open(file, formats=(kind.name,)))


def _known(start: bytes, name: str) -> ImageKind:
    kind = kind_of(start, name)
    if kind is None:
        raise UnidentifiedImageError(data_text.NOT_AN_IMAGE)
    if not _is_ready(kind):
        raise ModuleNotFoundError(data_text.NEEDS_HEIF)
    return kind


def _checked(image: Image.Image) -> Image.Image:
    """The image, unless Pillow would leave bands of it out."""
    bands = band_count(image)
    if bands <= MOST_BANDS:
        return image
    image.close()
    raise BandsError(bands)


def band_count(image: Image.Image) -> int:
    """The number of bands in the file of an opened image, of which Pillow may leave some out."""
    if image.format != "TIFF":
        return len(image.getbands())
    return int(getattr(image, "tag_v2", {}).get(SAMPLES_PER_PIXEL, 1))


def _check_bands(kind: ImageKind, file: IO[bytes]) -> None:
    """Raise BandsError for a TIFF file with more bands than Pillow opens."""
    if kind.name == "TIFF":
        from PIL import TiffImagePlugin  # its import takes as long as that of all others

        file.seek(0)
        header = file.read(8)
        if b"+" in header[2:4]:
            header += file.read(8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(header)
        file.seek(tags.next)
        tags.load(file)
        bands = tags.get(SAMPLES_PER_PIXEL, 1)
        if bands > MOST_BANDS:
            raise BandsError(bands)
    file.seek(0)


def _is_ready(kind: ImageKind) -> bool:
    """Whether Pillow can open a format, whose module is imported now: all would take longer."""
    if kind.name in Image.OPEN:
        return True
    try:
        module = importlib.import_module(kind.module)
    except ImportError:
        return False
    if kind.name == "HEIF":
        module.register_heif_opener(thumbnails=False)
    return True
