"""Lists of published splits beside folders of classes, which are not used, as those of Food-101."""

from __future__ import annotations

import re

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts.called_images import CalledImages
from engine.data.inventory.layouts.folder_tree import last
from engine.data.inventory.layouts.layout import Layout
from engine.data.inventory.layouts.split_names import split_of
from engine.data.inventory.listing.listing import Listing

# CUB's name for a list of the numbers of images, each with 1 for training.
BOTH = "train_test_split"
# So many lines tell whether a list names images, and so many lists are looked into.
LOOKED_AT = 20


def split_list_notes(listing: Listing, layout: Layout) -> list[str]:
    """A sentence where files list splits, but all images of folders train."""
    if layout.source != "folders" or layout.of("validation") or layout.of("test"):
        return []
    tables = [name for name in listing.tables if name not in layout.tables]
    both = [name for name in tables if BOTH in last(name).lower()]
    of_split = {name: split for name in tables if (split := split_of(_without_suffix(name)))}
    if "train" not in of_split.values() or len({*of_split.values()}) < 2:
        of_split = {}
    if not both and not _name_images(listing, [*of_split][:LOOKED_AT], layout):
        of_split = {}
    lists = [*both, *of_split]
    return [inventory_text.unused_split_lists(lists)] if lists else []


def _name_images(listing: Listing, lists: list[str], layout: Layout) -> bool:
    """Whether one of the lists names images that train, a line each."""
    images = CalledImages(name for name, _ in layout.of("train")) if lists else None
    for name in lists:
        lines = listing.read(name).decode("utf-8", "replace").splitlines()[:LOOKED_AT]
        found = [line for line in lines if images and _names_one(line.strip(), images)]
        if lines and 2 * len(found) >= len(lines):
            return True
    return False


def _names_one(line: str, images: CalledImages) -> bool:
    return any(images.find(cell) for cell in (line, *re.split(r"[\s,;]+", line)) if cell)


def _without_suffix(name: str) -> str:
    return last(name).rpartition(".")[0]
