"""Finds the images that a user names: files, and all that lies in folders and containers.

Unlike the inventory of a recipe it asks for no classes. Loads no torch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from engine.data.inventory import inventory_text
from engine.data.inventory.containers.set_readers import SetPlace, set_at
from engine.data.inventory.listing.archives import first_bytes, is_archive, listing_of_archive
from engine.data.inventory.listing.folder_listing import FolderListing
from engine.data.inventory.listing.listing import ReadListing
from engine.data.stored.content_image import ContentImage
from engine.data.stored.image_file import ImageFile
from engine.data.stored.image_kinds import FIRST_BYTES, IMAGE_SUFFIXES, looks_like_image, suffix
from engine.data.stored.stored_image import StoredImage
from engine.errors import DataError
from engine.protocol.requests import STDIN
from engine.recipes.recipe import Recipe


class GivenImage(NamedTuple):
    """An image, and the path that names it to the user: in a folder `FOLDER/cat/1.jpg`."""

    stored: StoredImage
    file: str


@dataclass
class GivenImages:
    """The images of all places, in the order of the places and in each by name.

    `named` says that each place is a file that is no container. `folders` has, by place, the last
    names of the folders that hold images, and `notes` says what is left out.
    """

    images: list[GivenImage] = field(default_factory=list)
    named: bool = True
    folders: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def given_images(places: Sequence[str], content: bytes) -> GivenImages:
    """Find the images of these places; `content` is that of standard input, which `-` names.

    A file counts once, however many places name it.

    A file that is named itself is found, even if it is no image. Raises DataError for a place that
    cannot be read, and where no place holds an image.
    """
    found, again = GivenImages(), []
    known: set[str] = set()
    for place in places:
        path = place if place == STDIN else os.path.realpath(place)
        if path in known:
            again.append(place)
        else:
            known.add(path)
            _add(found, place, content)
    if not found.images:
        raise DataError(inventory_text.no_images_given(places, found.notes))
    if len(known) > 1:
        again += _drop_named_again(found)
    if again:
        found.notes.append(inventory_text.named_again(again))
    return found


def _drop_named_again(found: GivenImages) -> list[str]:
    """Keep each file once, and return the paths that name one again: a folder may hold a place."""
    known: set[str] = set()
    kept: list[GivenImage] = []
    again: list[GivenImage] = []
    for image in found.images:
        path = os.path.realpath(image.file) if isinstance(image.stored, ImageFile) else ""
        (again if path in known else kept).append(image)
        known |= {path} - {""}
    found.images = kept
    return [image.file for image in again]


def _add(found: GivenImages, place: str, content: bytes) -> None:
    path = Path(place)
    if place == STDIN:
        found.images.append(GivenImage(ContentImage(place, content), place))
    elif container := _container(path):
        found.named = False
        _add_items(found, place, container)
    elif path.is_dir():
        found.named = False
        _add_listing(found, place, FolderListing(path))
    elif not _is_image(path) and is_archive(path):
        found.named = False
        _add_listing(found, place, listing_of_archive(path))
    else:
        found.images.append(GivenImage(ImageFile(str(path.parent), path.name), place))


def _container(path: Path) -> SetPlace | None:
    return None if path.is_file() and _is_image(path) else set_at(path)


def _is_image(path: Path) -> bool:
    """Whether a file is an image by its name, or by its first bytes."""
    return suffix(path.name) in IMAGE_SUFFIXES or looks_like_image(first_bytes(path)[:FIRST_BYTES])


def _add_listing(found: GivenImages, place: str, listing: ReadListing) -> None:
    names = sorted(_names(listing.folders), key=lambda name: name.split("/"))
    found.images += (GivenImage(listing.image(name), os.path.join(place, name)) for name in names)
    held = {folder.rpartition("/")[2] for folder, images in listing.folders.items() if images}
    found.folders[place] = held - {""}
    skipped = {**listing.skipped}
    if listing.tables:
        skipped[inventory_text.UNUSED_TABLE] = listing.tables
    found.notes += [*listing.notes, *_left_out(place, len(names), skipped)]


def _names(folders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for folder, images in folders.items():
        for image in images:
            yield f"{folder}/{image}" if folder else image


def _add_items(found: GivenImages, place: str, container: SetPlace) -> None:
    """Items have the place and the name of their array in front: `d.npz/x_train/17`."""
    items = container.read(Recipe())
    own = f"{os.path.basename(place)}/"  # some arrays are named as their file
    before = len(found.images)
    found.images += (
        GivenImage(image, os.path.join(place, image.name.removeprefix(own)))
        for part in items.parts
        for image in part.images
    )
    left = _left_out(place, len(found.images) - before, items.skipped)
    found.notes += [*items.notes, *left]


def _left_out(place: str, images: int, skipped: Mapping[str, Sequence[str]]) -> Iterator[str]:
    there = {why: names for why, names in skipped.items() if names}
    if not images:
        yield inventory_text.no_images_there(place, there)
    elif there:
        yield inventory_text.left_out_there(place, there)
