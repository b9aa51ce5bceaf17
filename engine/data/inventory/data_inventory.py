"""The inventory of the data of a recipe: everything that is no published data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine import text
from engine.data.inventory import inventory_text
from engine.data.inventory.class_naming import in_order, order_notes, shown_names
from engine.data.inventory.containers.item_sets import check_items, read_items
from engine.data.inventory.containers.labelled_items import inventory_of_items
from engine.data.inventory.decided_labels import decided_inventory
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.kept_copies import is_quickly_unpacked
from engine.data.inventory.layouts.layout import Layout
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.inventory.layouts.understanding import understand
from engine.data.inventory.listing import archives
from engine.data.inventory.listing.folder_listing import GLANCE
from engine.data.inventory.listing.listing import ReadListing
from engine.data.inventory.listing.listing_choice import listing_at
from engine.data.inventory.validation_choice import check_training, with_validation
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe


def inventory_of(recipe: Recipe, code: Path | None = None) -> Inventory:
    """Find the images of a recipe; its seed determines which are held out, if any.

    Decisions on labels change no choice of what is held out. `code` is the folder where a run keeps
    the user's code. Raises DataError where the images are missing, unreadable or cannot be trained
    on, and UsageError where the user's code fails or the decisions cannot be read.
    """
    found = decided_inventory(labelled_images(recipe, code), recipe)
    check_training(found)
    return found


def labelled_images(recipe: Recipe, code: Path | None = None) -> Inventory:
    """As `inventory_of`, but for a use without training: a few images are enough.

    Nothing is decided on their labels.
    """
    if items := read_items(recipe, code):
        found = inventory_of_items(items, recipe)
    else:
        listing = listing_at(Path(recipe.data))
        found = inventory_of_listing(listing, _understood(listing, recipe), recipe)
    images, others = inventory_text.left_out_by_level(found.skipped)
    notes, remarks = (*found.notes, *_notes(found), *images), (*found.remarks, *others)
    return replace(found, notes=notes, remarks=remarks)


def check(recipe: Recipe) -> None:
    """Check the data of a recipe, quickly for any number of images in folders of classes.

    Raises as `inventory_of`, except where there are too few images in folders, and where more than
    a moment's work must be unpacked before it can be read. Decisions on labels need all names.
    """
    path = Path(recipe.data)
    if check_items(recipe):
        return
    if not archives.must_be_unpacked(path) or is_quickly_unpacked(path):
        (inventory_of if recipe.decisions else class_names)(recipe)


def class_names(recipe: Recipe) -> tuple[str, ...]:
    """The names of the classes, in the order of their numbers. Raises as `inventory_of`."""
    if items := read_items(recipe, None):
        return shown_names(items.classes, recipe)[0]
    return shown_names(in_order(glanced(recipe)[1].classes, recipe), recipe)[0]


def _understood(listing: ReadListing, recipe: Recipe) -> Layout:
    return understand(listing, recipe.labels, holds_out=recipe.holdout > 0)


def glanced(recipe: Recipe) -> tuple[ReadListing, Layout]:
    """The layout by the first images of each folder, where those tell all that is asked."""
    listing = listing_at(Path(recipe.data), glance=GLANCE)
    try:
        layout = _understood(listing, recipe)
        if layout.source == "folders" or not listing.glanced:
            return listing, layout
    except DataError:
        if not listing.glanced:
            raise
    listing = listing_at(Path(recipe.data))
    return listing, _understood(listing, recipe)


def inventory_of_listing(listing: ReadListing, layout: Layout, recipe: Recipe) -> Inventory:
    """The inventory of a place with this layout."""
    ordered = in_order(layout.classes, recipe)
    classes, notes = shown_names(ordered, recipe)
    indices = {name: index for index, name in enumerate(ordered)}

    def images(split: SplitName) -> LabelledImages:
        return [(listing.image(name), indices[label]) for name, label in layout.of(split)]

    found = Inventory(
        listing.place,
        classes,
        train=images("train"),
        validation=images("validation"),
        test=images("test"),
        layout=layout.words,
        unlabelled=[listing.image(name) for name in layout.unlabelled],
        skipped={**listing.skipped, **layout.skipped},
        notes=(*notes, *order_notes(ordered), *layout.notes, *listing.notes),
        remarks=tuple(listing.remarks),
    )
    folder = layout.folders.get("validation", "")
    unused = inventory_text.unused_validation(listing.place, folder)
    return with_validation(found, recipe, unused)


def _notes(found: Inventory) -> list[str]:
    """Sentences on what a data set lacks."""
    notes = []
    validated = {label for _, label in found.validation}
    missing = [name for index, name in enumerate(found.classes) if index not in validated]
    if missing:
        notes.append(inventory_text.missing_in_validation(missing))
    if found.unlabelled:
        few = [image.name for image in found.unlabelled[: text.EXAMPLES]]
        notes.append(inventory_text.unlabelled(few, len(found.unlabelled)))
    return notes
