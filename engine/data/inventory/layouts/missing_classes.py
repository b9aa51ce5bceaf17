"""Says why a place or a split has no classes, and what to type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts.called_images import CalledImages
from engine.data.inventory.layouts.folder_tree import FolderTree
from engine.data.inventory.layouts.label_columns import find_columns
from engine.data.inventory.layouts.label_table import LabelTable, read_table
from engine.data.inventory.layouts.layout import Layout, Part
from engine.data.inventory.layouts.name_prefixes import proposed_classes
from engine.data.inventory.layouts.table_labels import (
    GLIMPSED,
    TableLabels,
    label_tables,
    table_split,
)
from engine.data.inventory.listing.listing import Listing
from engine.data.stored.image_kinds import suffix
from engine.errors import DataError, UndecidedError

# Files with these suffixes may hold labels that nothing here reads.
UNREAD = frozenset((".json", ".jsonl", ".mat", ".ods", ".xls", ".xlsx"))


def check_flat(
    place: str, flat: Sequence[Part], tables: TableLabels, layout: Layout, wanted: str
) -> None:
    """Raise DataError where a table or a split of images without folders is of no use."""
    labelled = len(tables.labels)
    if tables.several and len(tables.several) >= labelled:
        raise DataError(inventory_text.several_labels(place, [*tables.used], tables.several))
    if wanted and not labelled:
        raise DataError(
            inventory_text.no_column(place, wanted, tables.unsure, tables.candidates, tables.cells)
        )
    if tables.candidates and not labelled and flat and flat[0].split == "train":
        sentence = inventory_text.marks_several if tables.marked else inventory_text.unsure_column
        settings = tuple(map(inventory_text.by_column, tables.candidates))
        raise UndecidedError(
            sentence(place, tables.unsure, tables.candidates, tables.cells), settings
        )
    for part in flat:
        if part.split == "validation" and not layout.of("validation"):
            raise DataError(
                inventory_text.split_without_classes(place, part.folders[0], "validation")
            )


def why(listing: Listing, tree: FolderTree, parts: Sequence[Part], layout: Layout) -> DataError:
    """Why the training images have fewer than two classes, and which setting gives them some."""
    place, training = listing.place, parts[0]
    folder = training.folders[0]
    names = tree.images(*training.folders)
    if layout.source == "prefix":
        return DataError(inventory_text.no_prefixes(place, names, layout.classes))
    if layout.classes:
        return DataError(inventory_text.one_class(place, layout.classes[0]))
    beside = _useless_tables(listing, label_tables(listing.tables), names)
    one = len(training.classes) == 1 and not tree.own[folder]
    if one and not (beside.table or beside.unread):
        return DataError(inventory_text.one_class(place, next(iter(training.classes))))
    proposed = proposed_classes(names)
    sentence = inventory_text.no_classes(place, folder, names, proposed, beside)
    if proposed:
        return UndecidedError(sentence, (inventory_text.BY_PREFIX,))
    return DataError(sentence)


def unmatched_tables(
    listing: Listing, tree: FolderTree, flat: Sequence[Part], tables: TableLabels
) -> list[str]:
    """A sentence for each split kept for predictions whose own table names none of its images."""
    notes = []
    for part in flat:
        names = [name for folder in part.roots for name in tree.images(folder)]
        if part.split == "train" or any(name in tables.labels for name in names):
            continue
        own = [name for name in label_tables(listing.tables) if table_split(name) == part.split]
        beside = _useless_tables(listing, own, names, least=min(GLIMPSED, len(names) // 2))
        if beside.table:
            folder, count = part.folders[0], len(names)
            note = inventory_text.unmatched_table(beside.table, beside.called, folder, count)
            notes.append(note)
    return notes


def _useless_tables(
    listing: Listing, tables: Iterable[str], names: Sequence[str], least: int = 0
) -> inventory_text.UselessTables:
    """The first table that names none of the images, and files that may hold their labels.

    A table counts if it has at least so many rows, and three.
    """
    others = listing.skipped.get(inventory_text.OTHER_FORMAT, ())
    unread = [name for name in others if suffix(name) in UNREAD]
    images = CalledImages(names, listing.folders)
    for name in tables:
        table = read_table(name, listing.read(name), GLIMPSED)
        if table and len(table.rows) >= max(3, least) and find_columns(table, images) is None:
            return inventory_text.UselessTables(name, _called(table), unread)
    return inventory_text.UselessTables("", (), unread)


def _called(table: LabelTable) -> Sequence[str]:
    """The cells below the header of the column with the most different ones."""
    columns = [*zip(*table.rows[1:], strict=True)]
    return max(columns, key=lambda cells: len({*cells}))
