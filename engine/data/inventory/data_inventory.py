"""The inventory of the data of a recipe: everything that is no published data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from engine.data.inventory import inventory_text
from engine.data.inventory.class_naming import in_order, order_notes, shown_names
from engine.data.inventory.containers.item_sets import check_items, read_items
from engine.data.inventory.containers.labelled_items import inventory_of_items
from engine.data.inventory.containers.labelled_rows import inventory_of_rows
from engine.data.inventory.containers.row_readers import rows_at
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.kept_copies import is_quickly_unpacked
from engine.data.inventory.layouts.layout import Hints, Labelled, Layout
from engine.data.inventory.layouts.understanding import understand
from engine.data.inventory.listing import archives
from engine.data.inventory.listing.listing import ReadListing
from engine.data.inventory.listing.listing_choice import listing_at
from engine.data.inventory.validation_choice import choose_validation
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe


def inventory_of(recipe: Recipe, code: Path | None = None) -> Inventory:
    """Find the images of a recipe; its seed determines which are held out, if any.

    `code` is the folder where a run keeps the user's code. Raises DataError where the images are
    missing, unreadable or cannot be trained on, and UsageError where the user's code fails.
    """
    path = Path(recipe.data)
    if items := read_items(recipe, code):
        found = inventory_of_items(items, recipe)
    elif rows := rows_at(path):
        found = inventory_of_rows(rows.read(), recipe)
    else:
        listing = listing_at(path)
        found = inventory_of_listing(listing, understand(listing, _hints(recipe)), recipe)
    return replace(found, notes=(*found.notes, *_notes(found)))


def check(recipe: Recipe) -> None:
    """Check the data of a recipe, quickly for any number of images in folders of classes.

    Raises as `inventory_of`, except where there are too few images in folders, and where more than
    a moment's work must be unpacked before it can be read.
    """
    path = Path(recipe.data)
    if check_items(recipe):
        return
    if rows := rows_at(path):
        rows.check()
        if is_quickly_unpacked(rows.path):
            inventory_of_rows(rows.read(), recipe)
    elif not archives.must_be_unpacked(path) or is_quickly_unpacked(path):
        class_names(recipe)


def class_names(recipe: Recipe) -> tuple[str, ...]:
    """The names of the classes, in the order of their numbers. Raises as `inventory_of`."""
    if items := read_items(recipe, None):
        return shown_names(items.classes, recipe)[0]
    if rows := rows_at(Path(recipe.data)):
        return shown_names(rows.read().classes, recipe)[0]
    return shown_names(in_order(_glanced_layout(recipe).classes, recipe), recipe)[0]


def _hints(recipe: Recipe) -> Hints:
    return Hints(recipe.labels, recipe.holdout > 0)


def _glanced_layout(recipe: Recipe) -> Layout:
    """The layout by the first images of each folder, where those tell all that is asked."""
    hints = _hints(recipe)
    listing = listing_at(Path(recipe.data), glance=True)
    try:
        layout = understand(listing, hints)
        if layout.source == "folders" or not listing.glanced:
            return layout
    except DataError:
        if not listing.glanced:
            raise
    return understand(listing_at(Path(recipe.data)), hints)


def inventory_of_listing(listing: ReadListing, layout: Layout, recipe: Recipe) -> Inventory:
    """The inventory of a place with this layout. Raises DataError where it has too few images."""
    ordered = in_order(layout.classes, recipe)
    classes, notes = shown_names(ordered, recipe)
    indices = {name: index for index, name in enumerate(ordered)}

    def images(labelled: Iterable[Labelled]) -> LabelledImages:
        return [(listing.image(name), indices[label]) for name, label in labelled]

    splits = choose_validation(
        images(layout.of("train")),
        images(layout.of("validation")),
        images(layout.of("test")),
        recipe.seed,
        recipe.holdout,
    )
    if len(splits.train) < 2 * len(classes):
        raise DataError(inventory_text.too_few_images(listing.place, len(splits.train)))
    found = Inventory(
        listing.place,
        classes,
        *splits[:4],
        layout=layout.words,
        unlabelled=[listing.image(name) for name in layout.unlabelled],
        skipped={**listing.skipped, **layout.skipped},
    )
    if splits.unused:
        folder = layout.folders.get("validation", "")
        notes.append(inventory_text.unused_validation(listing.place, folder))
    notes += [*order_notes(ordered), *layout.notes, *listing.notes]
    return replace(found, notes=tuple(notes))


def _notes(found: Inventory) -> list[str]:
    """Sentences on what a data set lacks, and on what is left out of it."""
    notes = []
    validated = {label for _, label in found.validation}
    missing = [name for index, name in enumerate(found.classes) if index not in validated]
    if missing:
        notes.append(inventory_text.missing_in_validation(missing))
    if found.unlabelled:
        few = [image.name for image in found.unlabelled[: inventory_text.EXAMPLES]]
        notes.append(inventory_text.unlabelled(few, len(found.unlabelled)))
    if found.skipped:
        notes.append(inventory_text.left_out(found.skipped))
    return notes
