"""Understands the names in a place: which images train, validate and test, and their classes."""

from __future__ import annotations

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts import folder_rules, missing_classes
from engine.data.inventory.layouts.class_sources import by_folders_or_tables, by_prefix
from engine.data.inventory.layouts.folder_tree import FolderTree
from engine.data.inventory.layouts.layout import Layout, Part
from engine.data.inventory.layouts.left_out import check_known, notes_on_empty, skip_the_rest
from engine.data.inventory.layouts.split_lists import split_list_notes
from engine.data.inventory.listing.listing import Listing
from engine.errors import DataError


def understand(listing: Listing, labels: str = "auto", holds_out: bool = False) -> Layout:
    """The layout of a place; `labels` is that of a recipe.

    With `holds_out`, images of classes that training lacks are left out, else refused.

    Raises DataError, which says what to type, where there is none.
    """
    tree = FolderTree(listing.folders)
    if not tree.count[""]:
        raise DataError(inventory_text.no_images(listing.place, listing.skipped))
    parts = _parts(listing.place, tree)
    if labels == "prefix":
        layout = by_prefix(tree, parts)
    else:
        layout = by_folders_or_tables(listing, tree, parts, labels.partition(":")[2])
    if len(layout.classes) < 2:
        raise missing_classes.why(listing, tree, parts, layout)
    check_known(listing.place, parts, layout, holds_out)
    layout.folders = {part.split: part.folders[0] for part in parts}
    skip_the_rest(tree, parts, layout)
    layout.skip(inventory_text.UNUSED_TABLE, {*listing.tables} - {*layout.tables})
    layout.notes += notes_on_empty(tree, parts) + split_list_notes(listing, layout)
    return layout


def _parts(place: str, tree: FolderTree) -> list[Part]:
    """The splits of a place, that for training first; one part where it has none."""
    root = folder_rules.unwrapped(tree, "")
    parts = folder_rules.split_parts(tree, root) or folder_rules.parts_by_class(tree, root)
    if parts:
        return parts
    if held := folder_rules.only_held_splits(tree, root):
        raise DataError(inventory_text.no_training_folder(place, held))
    sets = folder_rules.data_sets(tree, root)
    if len(sets) == 1:  # whatever is beside it is no class
        return folder_rules.split_parts(tree, folder_rules.unwrapped(tree, sets[0]))
    if sets:
        raise DataError(inventory_text.several_data_sets(place, sets))
    return folder_rules.class_parts(tree, root)
