"""Small pictures of one image of each class."""

from __future__ import annotations

import base64
import contextlib
from dataclasses import replace

from engine.data.decoding.decode import decode
from engine.data.decoding.image_format import ImageFormat
from engine.data.inventory.inventory import Inventory
from engine.data.stored.stored_image import StoredImage
from engine.data.survey.survey import ContactSheet
from engine.protocol.events import Picture, Sample
from engine.text import harmless

# The side of a picture in pixels, and of how many classes there are pictures.
SIDE, CLASSES = 32, 24
# So many images of a class are tried before it is left out.
TRIES = 3


def contact_sheet(inventory: Inventory, image_format: ImageFormat) -> ContactSheet:
    """The first readable image of each of the first classes, in this format but smaller."""
    firsts: dict[int, list[StoredImage]] = {index: [] for index in range(len(inventory.classes))}
    for stored, label in inventory.train:
        if len(firsts[label]) < TRIES:
            firsts[label].append(stored)
    small = replace(image_format, size=SIDE, frame=0)
    samples = []
    for label, candidates in [*firsts.items()][:CLASSES]:
        if picture := _first_picture(candidates, small):
            samples.append(Sample(picture, harmless(inventory.classes[label])))
    return ContactSheet(tuple(samples))


def _first_picture(candidates: list[StoredImage], image_format: ImageFormat) -> Picture | None:
    for stored in candidates:
        with contextlib.suppress(Exception):
            data = base64.b64encode(decode(stored, image_format).tobytes()).decode()
            return Picture(image_format.channels, SIDE, SIDE, data)
    return None
