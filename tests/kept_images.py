"""Images in files and their store, for tests of what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from engine.data.cache.image_slots import ImageSlots
from engine.data.cache.image_store import ImageStore
from engine.data.cache.store_opening import OpenedStore, open_store
from engine.data.decoding.canvas import Canvas, decode_canvas
from engine.data.decoding.decode import decode
from engine.data.decoding.image_format import ImageFormat
from engine.data.stored.image_file import ImageFile

CANVASES = ImageFormat(3, 8, 0, canvas=16)
VIEWS = ImageFormat(3, 8, 0)
LARGE = ImageFormat(3, 128, 0, canvas=256)
DATA = "photos"


def image_files(folder: Path, count: int, seed: int = 0) -> list[ImageFile]:
    """Images of noise, all different, of 20 × 24 pixels and more."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    for index in range(count):
        noise = chance.integers(0, 256, (20 + index % 7, 24, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{index:03}.png")
    return [ImageFile(str(folder), f"{index:03}.png") for index in range(count)]


def decoded(image: ImageFile, image_format: ImageFormat) -> tuple[Canvas, float]:
    """What a store keeps of an image; the share outside the levels is made up."""
    if image_format.canvas:
        return decode_canvas(image, image_format)[0], 0.25
    return Canvas(decode(image, image_format), (24, 20)), 0.25


def opened(
    images: Sequence[ImageFile], image_format: ImageFormat = CANVASES, setting: str = "auto"
) -> OpenedStore:
    return open_store(DATA, images, image_format, setting)


def slots_of(found: OpenedStore) -> ImageSlots:
    assert found.slots is not None, found.told
    return found.slots


def store_of(found: OpenedStore) -> ImageStore:
    return slots_of(found).store


def fill(found: OpenedStore, images: Sequence[ImageFile]) -> None:
    """Write all of the images."""
    store, numbers = slots_of(found)
    for number, image in zip(numbers.tolist(), images, strict=True):
        store.write(number, image, *decoded(image, store.layout.image_format))


def right_ones(found: OpenedStore, images: Sequence[ImageFile]) -> list[bool]:
    """Which images are there; each of them must be as its file."""
    store, numbers = slots_of(found)
    there = []
    for number, image in zip(numbers.tolist(), images, strict=True):
        kept = store.read(number)
        there.append(kept is not None)
        if kept is not None:
            canvas, outside = decoded(image, store.layout.image_format)
            assert kept[0].pixels.tobytes() == canvas.pixels.tobytes()
            assert kept[0].pixels.shape == canvas.pixels.shape
            assert (kept[0].size, kept[1]) == (canvas.size, outside)
    return there


def listed(folder: str) -> list[ImageFile]:
    """The images of a folder by name."""
    return [ImageFile(folder, path.name) for path in sorted(Path(folder).iterdir())]


def made_up(number: int) -> Canvas:
    """A canvas in the format `LARGE` that is as large as most and like no other."""
    return Canvas(np.random.default_rng(number).integers(0, 256, (256, 341, 3), np.uint8), (9, 9))
