"""Gives the images of a place their classes: by folders, by tables or by names of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts import folder_rules, missing_classes
from engine.data.inventory.layouts.class_spellings import spellings
from engine.data.inventory.layouts.folder_tree import FolderTree, last
from engine.data.inventory.layouts.layout import Labelled, Layout, Part
from engine.data.inventory.layouts.name_prefixes import prefix_of
from engine.data.inventory.layouts.split_names import SplitName, without_digits
from engine.data.inventory.layouts.table_labels import TableLabels, table_labels
from engine.data.inventory.listing.listing import Listing
from engine.errors import DataError

# More folders than these are classes, as are folders such as `s1` or `n01440764`.
MOST_PIECES = 50


def by_prefix(tree: FolderTree, parts: Sequence[Part]) -> Layout:
    """Classes are what stands before the numbers in the names of files."""
    layout = Layout("the beginnings of the file names", "prefix")
    for part in parts:
        named = [(name, prefix_of(name)) for name in tree.images(*part.roots)]
        layout.add(part.split, [(name, label) for name, label in named if label])
        unnamed = [name for name, label in named if not label]
        if part.split in ("test", "predict"):
            layout.unlabelled += unnamed
        else:
            layout.skip(inventory_text.NO_PREFIX, unnamed)
    return layout


def by_folders_or_tables(
    listing: Listing, tree: FolderTree, parts: Sequence[Part], wanted: str
) -> Layout:
    """Classes are folders, and elsewhere what tables say."""
    training = parts[0]
    by_table = (
        bool(wanted)
        or len(training.classes) < 2
        or (_may_be_pieces(training) and not _agrees_with_folders(listing, tree, training))
    )
    if not by_table:
        _check_alike(listing.place, tree, training)
    flat = [part for part in parts if not part.classes or wanted or (part is training and by_table)]
    known = {} if by_table else spellings(training.classes)
    tables = _read_tables(listing, tree, flat, len(parts) > 1, known, wanted)
    layout = Layout(_words(tree, parts, flat, tables), "table" if by_table else "folders")
    for part in parts:
        if part in flat:
            _label_by_table(listing, tree, part, len(parts) > 1, tables, layout)
        else:
            layout.add(part.split, _by_class(tree, part))
    missing_classes.check_flat(listing.place, flat, tables, layout, wanted)
    layout.tables += tables.used
    layout.notes += _notes(tables)
    layout.notes += missing_classes.unmatched_tables(listing, tree, flat, tables)
    return layout


def _check_alike(place: str, tree: FolderTree, training: Part) -> None:
    """Raise DataError where folders without known names look like splits, and not like classes."""
    if training.named:
        return
    if alike := folder_rules.alike_folders(tree, training.folders[0]):
        inner = [last(child) for child in tree.occupied(alike[0])]
        raise DataError(inventory_text.unnamed_splits(place, alike, inner))


def _may_be_pieces(training: Part) -> bool:
    """Whether folders may be pieces of one that was large, `images_001`, and no classes."""
    names = [*training.classes]
    numbered = folder_rules.are_numbered(names)
    return len(names) <= MOST_PIECES and numbered and len(without_digits(names[0])) > 2


def _agrees_with_folders(listing: Listing, tree: FolderTree, training: Part) -> bool:
    """Whether, by the tables, each folder has images of one class, or few images have any."""
    labels = _read_tables(listing, tree, [training], False, {}, "").labels
    found = [
        {labels[name] for name in tree.images(*folders) if name in labels}
        for folders in training.classes.values()
    ]
    few = 2 * len(labels) < sum(tree.count[folder] for folder in training.folders)
    return few or all(len(classes) < 2 for classes in found)


def _read_tables(
    listing: Listing,
    tree: FolderTree,
    flat: Sequence[Part],
    are_splits: bool,
    known: Mapping[str, str],
    wanted: str,
) -> TableLabels:
    if not flat or not listing.tables:
        return TableLabels()
    names: dict[str, SplitName | None] = {
        name: part.split if are_splits else None
        for part in flat
        for name in tree.images(*part.roots)
    }
    return table_labels(listing, names, known, wanted)


def _label_by_table(
    listing: Listing,
    tree: FolderTree,
    part: Part,
    is_split: bool,
    tables: TableLabels,
    layout: Layout,
) -> None:
    """Sort the images of a part by what tables say: label, split, or why not."""
    several, unclear = [], []
    for name in tree.images(*part.roots):
        if name in tables.several:
            several.append(name)
        elif name in tables.labels:
            split = part.split if is_split else tables.splits.get(name, part.split)
            layout.add(split, [(name, tables.labels[name])])
        elif name in tables.unclear:
            unclear.append(name)
        else:
            layout.unlabelled.append(name)
    layout.skip(inventory_text.SEVERAL_LABELS, several)
    layout.skip(inventory_text.UNCLEAR_NAME, unclear)


def _by_class(tree: FolderTree, part: Part) -> list[Labelled]:
    """The images of the class folders of a part, by class and then by name."""
    return [
        (name, label)
        for label in sorted(part.classes)
        for name in tree.images(*part.classes[label])
    ]


def _notes(tables: TableLabels) -> list[str]:
    """Sentences on rows and images that tables leave unclear."""
    notes = [inventory_text.uneven_rows(*one) for one in tables.uneven.items()]
    notes += [
        inventory_text.contradicted(table, images, list(tables.used))
        for table, images in tables.contradicted.items()
    ]
    if tables.missing:
        notes.append(inventory_text.missing_images(tables.used, tables.missing))
    return notes


def _words(
    tree: FolderTree, parts: Sequence[Part], flat: Sequence[Part], tables: TableLabels
) -> str:
    """The layout in words, such as `train/CLASS, val/CLASS` or `./*, classes from …`."""
    words = []
    for part in parts:
        if part in flat:
            words += [f"{folder or '.'}/*" for folder in part.folders]
        elif part.within:
            words.append(f"CLASS/{part.split}")
        else:
            words += [f"{folder}/CLASS" if folder else "CLASS" for folder in part.folders]
    words += [f"classes from {source}" for source in tables.used.values()]
    return ", ".join(dict.fromkeys(words))
