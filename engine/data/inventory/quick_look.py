"""A quick look at the images that train, before a recipe is chosen for them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from engine.catalog import datasets
from engine.data.inventory import data_inventory
from engine.data.inventory.containers.folder_glance import visible_entries
from engine.data.inventory.containers.item_sets import check_items
from engine.data.inventory.held_out import held_out_count
from engine.data.inventory.kept_copies import is_quickly_unpacked
from engine.data.inventory.layouts.folder_tree import above
from engine.data.inventory.layouts.layout import Layout
from engine.data.inventory.listing import archives
from engine.data.inventory.listing.folder_listing import GLANCE
from engine.data.inventory.listing.listing import ReadListing
from engine.data.inventory.validation_choice import share_held_out
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix
from engine.data.stored.stored_image import LabelledImages
from engine.recipes.recipe import Recipe


class QuickLook(NamedTuple):
    """A folder or an archive by the first images of each folder, where those tell the layout."""

    listing: ReadListing
    layout: Layout


def look_at(recipe: Recipe) -> QuickLook | None:
    """The look at the data of a recipe.

    None for other data, and where more than a moment's work must be unpacked first. Raises as
    `data_inventory.check`.
    """
    path = Path(recipe.data)
    if recipe.data in datasets.DATASETS or check_items(recipe):
        return None
    if archives.must_be_unpacked(path) and not is_quickly_unpacked(path):
        return None
    return QuickLook(*data_inventory.glanced(recipe))


def first_images(look: QuickLook) -> LabelledImages:
    """Images for training, perhaps only the first ones of each folder."""
    numbers = {name: number for number, name in enumerate(look.layout.classes)}
    listed = look.layout.of("train")
    return [(look.listing.image(name), numbers[label]) for name, label in listed]


def count_for_training(look: QuickLook, recipe: Recipe, most: int) -> int:
    """How many images train, or 0 where there are `most` or more.

    Reads only folders for training to their ends, and no more of them once that is known.
    """
    listing, layout = look
    listed = layout.of("train")
    share = share_held_out(recipe, layout.of("validation") or layout.of("test"))
    if len(listed) * (1 - share) - len(layout.classes) >= most:  # one more of each may be held out
        return 0
    of_class: dict[str, Counter[str]] = defaultdict(Counter)
    for name, label in listed:
        of_class[label][above(name)] += 1
    training = 0
    for folders in of_class.values():
        if listing.glanced:
            enough = math.ceil(most / (1 - share)) + 1
            folders = _read_to_their_ends(listing.place, folders, enough)
        images = folders.total()
        training += images - held_out_count(images, share) if share else images
        if training >= most:
            return 0
    return training


def _read_to_their_ends(place: str, folders: Counter[str], most: int) -> Counter[str]:
    """How many images lie in each of these folders, whose first ones are counted already.

    Stops where there are `most` together.
    """
    found = Counter(folders)
    for folder, first in folders.items():
        if first >= GLANCE and found.total() < most:
            names = (entry.name for entry in visible_entries(Path(place, folder)))
            images = (name for name in names if suffix(name) in IMAGE_SUFFIXES)
            found[folder] = max(first, sum(1 for _ in islice(images, most)))
    return found
