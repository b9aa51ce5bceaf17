"""Takes decoded images from their store, and puts there what is not there yet. Loads no torch."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from engine.data.cache.image_slots import ImageSlots
from engine.data.cache.image_store import Views
from engine.data.cache.store_opening import OpenedStore, open_store
from engine.data.decoding.image_format import ImageFormat
from engine.data.inventory.inventory import Inventory
from engine.data.reading import decoded_images
from engine.data.reading.decoded_images import DecodedImages
from engine.data.stored.stored_image import LabelledImages


def open_kept(inventory: Inventory, image_format: ImageFormat, setting: str) -> OpenedStore:
    """The store of all images of a data set, in the order of `Inventory.images`.

    `setting` is the `cache` of a recipe.
    """
    images = [image for image, _ in inventory.images]
    return open_store(inventory.place, images, image_format, setting)


def kept_or_decoded(
    images: LabelledImages, image_format: ImageFormat, workers: int, slots: ImageSlots | None
) -> Generator[float, None, DecodedImages]:
    """All images, as the network sees them, yielding the fraction done.

    Those that their store does not have are decoded, and then put there.
    """
    if slots is None:
        return (yield from decoded_images.decoded(images, image_format, workers))
    store, numbers = slots
    views = store.views(numbers)
    missing = np.flatnonzero(~views.there)
    if not len(missing):
        return DecodedImages(views.pixels, {}, outside=views.outside)
    wanted = [images[at] for at in missing.tolist()]
    found = yield from decoded_images.decoded(wanted, image_format, workers)
    fresh = _views_of(found)
    store.write_views(numbers[missing], [image for image, _ in wanted], fresh)
    notes = (*found.notes, *store.pop_notes())
    if len(wanted) == len(images):
        return found._replace(notes=notes)
    views.pixels[missing], views.outside[missing] = fresh.pixels, fresh.outside
    broken = {int(missing[index]): why for index, why in found.broken.items()}
    return DecodedImages(views.pixels, broken, notes, views.outside)


def _views_of(found: DecodedImages) -> Views:
    """What a store gets of decoded images: those that are not broken."""
    there = np.ones(len(found.pixels), np.bool_)
    there[[*found.broken]] = False
    outside = found.outside
    if outside is None or not len(outside):  # there are no levels
        outside = np.zeros(len(there), np.float32)
    return Views(found.pixels, outside, there)
