"""Takes decoded images from their store, and puts there what is not there yet. Loads no torch."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from engine.data.cache.image_slots import ImageSlots
from engine.data.cache.image_stamps import Numbers
from engine.data.cache.image_store import Views
from engine.data.cache.store_opening import OpenedStore, open_store
from engine.data.decoding.image_format import ImageFormat, Shares
from engine.data.inventory.inventory import Inventory
from engine.data.reading import decoded_images
from engine.data.reading.decoded_images import DecodedImages
from engine.data.stored.stored_image import LabelledImages


def open_kept(inventory: Inventory, image_format: ImageFormat, setting: str) -> OpenedStore:
    """The store of all images of a data set, with slots in the order of `Inventory.images`.

    It is one store, whichever images decisions on labels drop. `setting` is the `cache` of a
    recipe.
    """
    images = [image for image, _ in inventory.images]
    return open_store(inventory.place, images, image_format, setting, inventory.dropped)


def kept_or_decoded(
    images: LabelledImages, image_format: ImageFormat, workers: int, slots: ImageSlots | None
) -> Generator[float, None, DecodedImages]:
    """All images, as the network sees them, yielding the fraction done.

    Those that their store does not have are decoded, and then put there. The memory holds the
    pixels once.
    """
    if slots is None:
        return (yield from decoded_images.decoded(images, image_format, workers))
    store, numbers = slots
    missing = np.flatnonzero(~store.there()[numbers])
    if len(missing):
        views, found = yield from _missing_ones(images, image_format, workers, slots, missing)
    else:
        views = Views.none_there(np.empty((len(images), *image_format.shape), np.uint8))
        found = DecodedImages(views.pixels, {})
    store.read_views(numbers, views)
    lost = np.flatnonzero(~views.there)
    if len(lost):  # another program has cut off the store just now
        again = yield from decoded_images.decoded(_some(images, lost), image_format, workers)
        views.pixels[lost], views.outside[lost] = again.pixels, _outside(again, len(lost))
        found.broken.update(_placed(again.broken, lost))
        found = found._replace(notes=(*found.notes, *again.notes, *slots.store.pop_notes()))
    return found._replace(outside=views.outside)


def _missing_ones(
    images: LabelledImages,
    image_format: ImageFormat,
    workers: int,
    slots: ImageSlots,
    missing: Numbers,
) -> Generator[float, None, tuple[Views, DecodedImages]]:
    """The views of N images, of which those at the `missing` places are there, and what is said.

    Puts them into the store.
    """
    wanted, count = _some(images, missing), len(missing)
    found = yield from decoded_images.decoded(wanted, image_format, workers, len(images))
    fresh = Views(found.pixels[:count], _outside(found, count), np.ones(count, np.bool_))
    fresh.there[[*found.broken]] = False
    slots.store.write_views(slots.numbers[missing], [image for image, _ in wanted], fresh)
    views = Views.none_there(found.pixels)
    moving = np.flatnonzero(missing != np.arange(count))
    for at in reversed(moving):  # each goes up, and so overwrites none that has not moved
        views.pixels[missing[at]] = views.pixels[at]
    views.outside[missing], views.there[missing] = fresh.outside, True
    notes = (*found.notes, *slots.store.pop_notes())
    return views, DecodedImages(views.pixels, _placed(found.broken, missing), notes)


def _some(images: LabelledImages, places: Numbers) -> LabelledImages:
    return [images[at] for at in places.tolist()]


def _outside(found: DecodedImages, count: int) -> Shares:
    """The shares of so many images; 0 where there are no levels."""
    if found.outside is None or not len(found.outside):
        return np.zeros(count, np.float32)
    return found.outside


def _placed(broken: dict[int, str], places: Numbers) -> dict[int, str]:
    """Why images are broken, by their places among all."""
    return {int(places[index]): why for index, why in broken.items()}
