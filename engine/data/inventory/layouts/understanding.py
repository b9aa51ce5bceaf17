"""Understands the names in a place: which images train, validate and test, and their classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts import folder_rules, missing_classes
from engine.data.inventory.layouts.class_spellings import spellings
from engine.data.inventory.layouts.folder_tree import FolderTree, above, last
from engine.data.inventory.layouts.layout import Labelled, Layout, Part
from engine.data.inventory.layouts.name_prefixes import prefix_of
from engine.data.inventory.layouts.split_lists import split_list_notes
from engine.data.inventory.layouts.split_names import SplitName, split_of, without_digits
from engine.data.inventory.layouts.table_labels import TableLabels, table_labels
from engine.data.inventory.listing.listing import Listing
from engine.errors import DataError

# More folders than these are classes, as are folders such as `s1` or `n01440764`.
MOST_PIECES = 50


def understand(listing: Listing, labels: str = "auto", holds_out: bool = False) -> Layout:
    """The layout of a place; `labels` is that of a recipe.

    With `holds_out`, images of classes that training lacks are left out, else refused.

    Raises DataError, which says what to type, where there is none.
    """
    tree = FolderTree(listing.folders)
    if not tree.count[""]:
        raise DataError(inventory_text.no_images(listing.place, listing.skipped))
    parts = find_parts(listing.place, tree)
    if labels == "prefix":
        layout = _by_prefix(tree, parts)
    else:
        layout = _by_folders_or_tables(listing, tree, parts, labels.partition(":")[2])
    if len(layout.classes) < 2:
        raise missing_classes.why(listing, tree, parts, layout)
    _check_known(listing.place, parts, layout, holds_out)
    layout.folders = {part.split: part.folders[0] for part in parts}
    _skip_the_rest(tree, parts, layout)
    layout.skip(inventory_text.UNUSED_TABLE, {*listing.tables} - {*layout.tables})
    layout.notes += _notes_on_empty(tree, parts) + split_list_notes(listing, layout)
    return layout


def find_parts(place: str, tree: FolderTree) -> list[Part]:
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


def _check_alike(place: str, tree: FolderTree, training: Part) -> None:
    """Raise DataError where folders without known names look like splits, and not like classes."""
    if training.named:
        return
    if alike := folder_rules.alike_folders(tree, training.folders[0]):
        inner = [last(child) for child in tree.occupied(alike[0])]
        raise DataError(inventory_text.unnamed_splits(place, alike, inner))


def _by_folders_or_tables(
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
    layout.notes += _notes_on_tables(tables)
    layout.notes += missing_classes.unmatched_tables(listing, tree, flat, tables)
    return layout


def _notes_on_tables(tables: TableLabels) -> list[str]:
    """Sentences on rows that are left out, on other classes, and on names without an image."""
    notes = [inventory_text.uneven_rows(*one) for one in tables.uneven.items()]
    notes += [
        inventory_text.contradicted(table, images, list(tables.used))
        for table, images in tables.contradicted.items()
    ]
    if tables.missing:
        notes.append(inventory_text.missing_images(tables.used, tables.missing))
    return notes


def _may_be_pieces(training: Part) -> bool:
    """Whether folders may be pieces of one that was large, `images_001`, and no classes."""
    names = [*training.classes]
    numbered = folder_rules.are_numbered(names)
    return len(names) <= MOST_PIECES and numbered and len(without_digits(names[0])) > 2


def _agrees_with_folders(listing: Listing, tree: FolderTree, training: Part) -> bool:
    """Whether, by the tables, each folder has images of one class, or few images have any."""
    labels = _read_tables(listing, tree, [training], False, {}, "").labels
    found = [
        {labels[name] for name in _images(tree, folders) if name in labels}
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
        for name in _images(tree, part.roots)
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
    for name in _images(tree, part.roots):
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


def _by_class(tree: FolderTree, part: Part) -> Iterable[Labelled]:
    """The images of the class folders of a part, by class and then by name."""
    return [
        (name, label)
        for label in sorted(part.classes)
        for name in _images(tree, part.classes[label])
    ]


def _by_prefix(tree: FolderTree, parts: Sequence[Part]) -> Layout:
    """Classes are what stands before the numbers in the names of files."""
    layout = Layout("the beginnings of the file names", "prefix")
    for part in parts:
        named = [(name, prefix_of(name)) for name in _images(tree, part.roots)]
        layout.add(part.split, [(name, label) for name, label in named if label])
        unnamed = [name for name, label in named if not label]
        if part.split in ("test", "predict"):
            layout.unlabelled += unnamed
        else:
            layout.skip(inventory_text.NO_PREFIX, unnamed)
    return layout


def _images(tree: FolderTree, folders: Iterable[str]) -> list[str]:
    return [name for folder in folders for name in tree.images(folder)]


def _check_known(place: str, parts: Sequence[Part], layout: Layout, holds_out: bool) -> None:
    """Raise DataError where a split has classes that the training images lack, or leave them out.

    They are left out where a share of the training images is held out for validation.
    """
    classes = {*layout.classes}
    held: tuple[SplitName, SplitName] = ("validation", "test")
    for split in held:
        unknown = [one for one in layout.of(split) if one[1] not in classes]
        if unknown and not holds_out:
            folder = next((part.folders[0] for part in parts if part.split == split), "")
            labels = sorted({label for _, label in unknown})
            alike = _differing_in_case(labels, layout.classes)
            raise DataError(
                inventory_text.unknown_classes(place, folder, len(unknown), labels, alike)
            )
        layout.splits[split] = [one for one in layout.of(split) if one[1] in classes]
        layout.skip(inventory_text.UNKNOWN_CLASS, [name for name, _ in unknown])


def _differing_in_case(labels: Iterable[str], classes: Iterable[str]) -> Mapping[str, str]:
    """The class of each label that differs from it only in capitals."""
    small = {name.casefold(): name for name in classes}
    return {label: small[label.casefold()] for label in labels if label.casefold() in small}


def _skip_the_rest(tree: FolderTree, parts: Sequence[Part], layout: Layout) -> None:
    """Leave out, and name, what lies beside the folders of classes and splits."""
    used = sum(map(len, layout.splits.values())) + len(layout.unlabelled)
    used += sum(map(len, layout.skipped.values()))
    if used == tree.count[""]:
        return
    taken = {name for labelled in layout.splits.values() for name, _ in labelled}
    taken.update(layout.unlabelled, *layout.skipped.values())
    within = {folder for part in parts for folder in part.folders}
    left: dict[str, list[str]] = {}
    for name in tree.images(""):
        if name not in taken:
            loose = any(_holds(above(name), folder) for folder in within)
            left.setdefault(inventory_text.LOOSE if loose else inventory_text.BESIDE, []).append(
                name
            )
    for reason, names in left.items():
        layout.skip(reason, names)


def _holds(folder: str, other: str) -> bool:
    return not folder or other == folder or other.startswith(f"{folder}/")


def _notes_on_empty(tree: FolderTree, parts: Sequence[Part]) -> list[str]:
    """Sentences on folders without images where classes and splits are."""
    folders = parts[0].folders
    classes = [child for folder in folders for child in tree.children.get(folder, ())]
    beside = [
        child
        for folder in dict.fromkeys(above(folder) for folder in folders if folder)
        for child in tree.children.get(folder, ())
        if split_of(last(child))
    ]
    empty = [child for child in (*classes, *beside) if not tree.count[child]]
    return [inventory_text.empty_folders(empty)] if empty else []


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
