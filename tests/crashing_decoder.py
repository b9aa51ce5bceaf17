"""A decoder for decoding processes that crashes at some images, which are harmless themselves."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence

from engine.data.decoding import decode as decoding
from engine.data.decoding import decoder_workers
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.making import ANEW, Making
from engine.data.stored.stored_image import StoredImage

CRASHES = b"crash"
_rendered = decoding.rendered


def decode(
    slot: int,
    start: int,
    images: Sequence[StoredImage],
    known: Mapping[StoredImage, str],
    making: Making = ANEW,
) -> dict[int, str]:
    """As `decoder_workers.decode`, but an image with the content CRASHES ends the process."""
    decoding.rendered = _crashing
    return decoder_workers.decode(slot, start, images, known, making)


def _crashing(stored: StoredImage, image_format: ImageFormat) -> tuple[Pixels, float]:
    if stored.content() == CRASHES:
        os.kill(os.getpid(), signal.SIGSEGV)
    return _rendered(stored, image_format)
