"""The fingerprint of an image: a digest of its pixels, and a hash that similar images share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data.decoding.decode import whole, why_broken
from engine.data.decoding.image_format import Pixels
from engine.data.decoding.rendering import Rendering
from engine.data.stored.stored_image import StoredImage

# A digest of 128 bits in two halves, a perceptual hash, and whether all pixels are equal.
FINGERPRINT = np.dtype([("high", "u8"), ("low", "u8"), ("near", "u8"), ("constant", "?")])
Fingerprints: TypeAlias = npt.NDArray[Any]


def fingerprints(
    images: Sequence[StoredImage], rendering: Rendering
) -> tuple[Fingerprints, dict[int, str]]:
    """The fingerprints of N images, (N,), and why some are broken, by index."""
    found, broken = np.zeros(len(images), FINGERPRINT), {}
    for index, stored in enumerate(images):
        try:
            found[index] = fingerprint(whole(stored, rendering))
        except Exception as error:  # noqa: BLE001 (Pillow's parsers raise errors of any type)
            broken[index] = why_broken(error)
    return found, broken


def fingerprint(pixels: Pixels) -> tuple[int, int, int, bool]:
    """The fields of `FINGERPRINT` for pixels (H, W, 3)."""
    hashed = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    hashed.update(np.ascontiguousarray(pixels).data)
    digest = hashed.digest()
    high, low = (int.from_bytes(half, "big") for half in (digest[:8], digest[8:]))
    return high, low, gradient_hash(pixels), bool((pixels == pixels[:1, :1]).all())


def gradient_hash(pixels: Pixels) -> int:
    """64 bits: whether each pixel of the image, shrunk to 9×8 in grey, is lighter than the next.

    Neal Krawetz, "Kind of like that" (2013), calls it dHash.
    """
    grey = Image.fromarray(pixels).convert("L").resize((9, 8), Image.Resampling.BOX)
    small = np.asarray(grey)
    return int.from_bytes(np.packbits(small[:, :-1] > small[:, 1:]).tobytes(), "big")
