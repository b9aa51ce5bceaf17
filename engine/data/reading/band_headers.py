"""The headers of images with more bands than colours have, by a sample. Loads no torch."""

from __future__ import annotations

import numpy as np

from engine.data import data_text
from engine.data.decoding.bands import band_values
from engine.data.reading.format_choice import ImageHeader
from engine.data.reading.image_sizes import sampled
from engine.data.stored.image_opening import BandsError
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.errors import DataError


def banded_headers(
    images: LabelledImages, bands: tuple[int, ...]
) -> dict[StoredImage, ImageHeader]:
    """The headers of a sample of images as these bands of them would have them.

    Raises DataError where the bands of none of them can be read.
    """
    headers, failed = {}, None
    for stored, _ in sampled(images):
        try:
            values = band_values(stored, bands)
        except ModuleNotFoundError as error:
            raise DataError(data_text.bands_need_package(stored.name)) from error
        except Exception as error:  # noqa: BLE001 (parsers of images raise errors of any type)
            failed = failed or (stored.name, str(error))
            continue
        height, width, count = values.shape
        headers[stored] = ImageHeader((width, height), count == 1, values.dtype != np.uint8)
    if failed and not headers:
        raise DataError(data_text.bands_unreadable(*failed, bands))
    return headers


def check_bands(images: LabelledImages, place: str) -> None:
    """Raise DataError where one of a sample of images has more bands than colours have."""
    for stored, _ in sampled(images):
        try:
            stored.open().close()
        except BandsError as error:
            raise DataError(data_text.choose_bands(stored.name, error.bands, place)) from error
        except Exception:  # noqa: BLE001 (parsers of images raise errors of any type)
            continue
