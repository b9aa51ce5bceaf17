"""Sentences for the user about what a data set holds, and the reasons why files are left out."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from engine import numbers
from engine.text import examples, harmless

# The setting that takes classes from names, as `--set` takes it.
BY_PREFIX = "labels=prefix"
# How many columns without a name a sentence has.
MOST_COLUMNS = 12


# Reasons why files are left out, as `hidden (3: .DS_Store, …)` has them.
HIDDEN = "hidden files and folders"
RESOURCE_FORK = "resource forks of macOS"
SYSTEM = "files of the system"
DANGLING = "links that lead nowhere"
LOOP = "links to a folder that holds them"
ARCHIVE = "archives"
OTHER_FORMAT = "files of other formats"
UNREADABLE = "what cannot be read"
SPECIAL = "pipes, sockets or devices"
LOOSE = "images beside the folders of classes"
BESIDE = "images in other folders"
NO_PREFIX = "images without a class before a number in their names"
SEVERAL_LABELS = "images with several labels"
UNCLEAR_NAME = "images that a table names as others, too"
UNUSED_TABLE = "tables and other text files that are not used"
UNKNOWN_CLASS = "images of classes that training lacks"
# What is left out for these reasons is no image that somebody may miss.
NO_IMAGES = frozenset((HIDDEN, RESOURCE_FORK, SYSTEM, OTHER_FORMAT, UNUSED_TABLE))


def damaged(path: object, why: str) -> str:
    return (
        f"{harmless(str(path))} cannot be read ({harmless(why)}): download or copy it again, or "
        "name another file."
    )


def encrypted(path: object) -> str:
    quoted = harmless(shlex.quote(str(path)))
    return (
        f"{harmless(str(path))} is encrypted: unpack it with `unzip {quoted}`, and name the folder."
    )


def table_unreadable(path: str, why: str) -> str:
    return (
        f"the table {harmless(path)} cannot be read ({harmless(why)}): make it readable, or move "
        "it away."
    )


def left_out(skipped: Mapping[str, Sequence[str]]) -> str:
    """What is left out, by reason: `left out are archives (1: x.zip); hidden … (2: .a, .b)`."""
    return f"left out are {_by_reason(skipped)}."


def _by_reason(skipped: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{why} ({len(names):,}: {examples(names)})" for why, names in skipped.items())


def left_out_there(place: str, skipped: Mapping[str, Sequence[str]]) -> str:
    return f"left out in {harmless(place)} are {_by_reason(skipped)}."


def no_images_there(place: str, skipped: Mapping[str, Sequence[str]]) -> str:
    others = f", but {_by_reason(skipped)}" if skipped else ""
    return f"{harmless(place)} holds no image{others}."


def named_again(files: Sequence[str]) -> str:
    are = "is" if len(files) == 1 else "are"
    return f"{examples(files)} {are} named more than once, and counted once."


def no_images_given(places: Sequence[str], notes: Sequence[str]) -> str:
    """`notes` say what is there instead of images; one note is the whole sentence."""
    said = notes[0] if len(notes) == 1 else f"{examples(places)} hold no image."
    return f"{said.removesuffix('.')}: name images, or a folder or an archive that holds some."


def left_out_by_level(skipped: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """The sentence on images that are left out, and that on other files, where there are any."""
    images = {why: names for why, names in skipped.items() if why not in NO_IMAGES}
    others = {why: names for why, names in skipped.items() if why in NO_IMAGES}
    first, second = ([left_out(some)] if some else [] for some in (images, others))
    return first, second


def no_images(place: str, skipped: Mapping[str, Sequence[str]]) -> str:
    there = {why: names for why, names in skipped.items() if names}
    found = f"; {left_out(there).rstrip('.')}" if there else ""
    return (
        f"the data folder {harmless(place)} holds no images (jpg, png, webp, tif, bmp, gif, ppm or "
        f"pgm){found}: it needs one subfolder of them for each class, or such subfolders under "
        "train/ and val/ or test/."
    )


def no_training_folder(place: str, held: Sequence[str]) -> str:
    return (
        f"the data folder {harmless(place)} holds {examples(held)}, and no folder for training: "
        "name that train, or name another folder with --data."
    )


def unnamed_splits(place: str, folders: Sequence[str], inner: Sequence[str]) -> str:
    return (
        f"the folders {examples(folders)} of {harmless(place)} hold folders of the same names "
        f"({examples(inner)}), as splits do and classes do not: rename the one for training to "
        "train and the other to val or test, or, if they are classes, move their images out of "
        "these folders."
    )


def several_data_sets(place: str, sets: Sequence[str]) -> str:
    first = shlex.quote(os.path.join(place, sets[0]))
    return (
        f"the data folder {harmless(place)} holds {len(sets)} data sets with splits of their own "
        f"({examples(sets)}): use one of them, as in --data {harmless(first)}."
    )


def one_class(place: str, name: str) -> str:
    return (
        f"the data folder {harmless(place)} holds only the class '{harmless(name)}': "
        "a classifier needs at least two subfolders of images."
    )


class UselessTables(NamedTuple):
    """What lies beside images and names no classes: a table of other names, files that are none.

    `called` are the names in `table`; both are empty where no table is there.
    """

    table: str
    called: Sequence[str]
    unread: Sequence[str]


def no_classes(
    place: str,
    folder: str,
    names: Sequence[str],
    proposed: Sequence[str],
    beside: UselessTables,
) -> str:
    there = f"the {len(names):,} images in {harmless(os.path.join(place, folder).rstrip('/'))}"
    shown = f"{there}, such as {harmless(names[0].rpartition('/')[2])}, are not sorted into classes"
    sort = "put those of each class into a subfolder with its name"
    table = "put a table beside them, such as train.csv with the columns id and label"
    if beside.table:
        return (
            f"{shown}, and {harmless(beside.table)} names {examples(beside.called)}, none of which "
            f"is one of these: correct the names in it, or {sort}."
        )
    if beside.unread:
        return (
            f"{shown}, and labels in {examples(beside.unread)} are not read: save them as CSV with "
            f"the columns id and label, or {sort}."
        )
    if proposed:
        return (
            f"{shown}, but their names begin with {len(proposed):,} words ({examples(proposed)}): "
            f"type --set {BY_PREFIX} if these are the classes, or {sort}."
        )
    return f"{shown}, and no table beside them names their classes: {sort}, or {table}."


def no_prefixes(place: str, names: Sequence[str], found: Sequence[str]) -> str:
    only = f"only {examples(found)}" if found else "none"
    return (
        f"{BY_PREFIX} needs names such as cat.0001.jpg of two classes, and of the {len(names):,} "
        f"images in {harmless(place)}, such as {examples(names[:1])}, {only} came: put those of "
        "each class into a subfolder with its name."
    )


def unknown_classes(
    place: str, folder: str, images: int, unknown: Sequence[str], alike: Mapping[str, str]
) -> str:
    """`alike` has the class of training from which one differs only in capitals."""
    named = [f"{name} ({alike[name]} in train/)" if name in alike else name for name in unknown]
    several = images > 1
    return (
        f"{harmless(os.path.join(place, folder).rstrip('/'))} holds {images:,} image"
        f"{'s' * several} of classes that train/ lacks: {examples(named)}; rename or add them, or "
        f"leave {'them' if several else 'it'} out and validate on a share of the training images: "
        "--set holdout=0.2."
    )


def split_without_classes(place: str, folder: str, split: str) -> str:
    return (
        f"{harmless(os.path.join(place, folder))} holds {split} images without classes: give it "
        "the same subfolders as train/, put a table of their classes beside it, or remove it."
    )


def empty_folders(folders: Sequence[str]) -> str:
    several = len(folders) > 1
    return (
        f"{examples(folders)} hold{'s' * (not several)} no images, and "
        f"{'are no classes' if several else 'is no class'}: add images, or remove "
        f"{'them' if several else 'it'}."
    )


def several_labels(place: str, tables: Sequence[str], names: Collection[str]) -> str:
    return (
        f"{examples(tables)} in {harmless(place)} gives {len(names):,} images several labels, such "
        f"as {examples(sorted(names)[:1])}, and one is needed: keep one row for each image."
    )


def _columns(names: Sequence[str], cells: Sequence[str]) -> str:
    """Columns by name; those without a header by place, with their first cells: `2 (0), 3 (a)`.

    No place can be guessed, so all have to be seen.
    """
    if not cells:
        return examples(names)
    shown = [f"{name} ({cell})" for name, cell in zip(names, cells, strict=True)]
    return examples(shown, most=MOST_COLUMNS)


def by_column(name: str) -> str:
    """The setting that takes classes from this column of a table."""
    return f"labels=column:{name}"


def _typed(column: str) -> str:
    return f"--set {harmless(shlex.quote(by_column(column)))}"


def unsure_column(
    place: str, table: str, candidates: Sequence[str], cells: Sequence[str] = ()
) -> str:
    return (
        f"the table {harmless(os.path.join(place, table))} names the images, but which of its "
        f"columns is their class is not clear ({_columns(candidates, cells)}): say it, as in "
        f"{_typed(candidates[0])}."
    )


def no_column(
    place: str, wanted: str, table: str, columns: Sequence[str], cells: Sequence[str] = ()
) -> str:
    asked = f"no table in {harmless(place)} names its images beside a column '{harmless(wanted)}'"
    if not columns:
        return f"{asked}: put one there, or leave out labels=column."
    return (
        f"{asked}; {harmless(table)} has {_columns(columns, cells)}: choose one of these, as in "
        f"{_typed(columns[0])}."
    )


def marks_several(place: str, table: str, columns: Sequence[str], cells: Sequence[str] = ()) -> str:
    return (
        f"the table {harmless(os.path.join(place, table))} marks several classes of some images or "
        f"none ({_columns(columns, cells)}), and a classifier needs one for each: choose one "
        f"column, as in {_typed(columns[0])}."
    )


def unused_split_lists(names: Sequence[str]) -> str:
    several = len(names) > 1
    return (
        f"{examples(names)} list{'s' * (not several)} splits and {'are' if several else 'is'} not "
        "used: a share of the training images is held out instead."
    )


def uneven_rows(table: str, count: int) -> str:
    return f"{harmless(table)} has rows with too few or too many cells, left out ({count:,})."


def contradicted(table: str, images: Sequence[str], used: Sequence[str]) -> str:
    before = used[: used.index(table)]
    return (
        f"{harmless(table)} gives some images other classes than {examples(before)}, which "
        f"count{'s' * (len(before) == 1)} ({len(images):,}: {examples(images)}): keep the right "
        f"table, or name its column with --set {by_column('NAME')}."
    )


def unmatched_table(table: str, called: Sequence[str], folder: str, images: int) -> str:
    return (
        f"{harmless(table)} names {examples(called)}, none of which is one of the {images:,} "
        f"image{'s' * (images > 1)} in {harmless(folder)}: correct the names in it, if it holds "
        "their classes."
    )


def missing_images(used: Iterable[str], missing: Sequence[str]) -> str:
    return (
        f"some names in {examples(used)} belong to no image here ({len(missing):,}: "
        f"{examples(missing)})."
    )


def unlabelled(names: Sequence[str], count: int) -> str:
    return (
        f"some images have no class ({count:,}: {examples(names, count)}) and are kept for "
        "predictions."
    )


def too_few_images(place: str, count: int) -> str:
    return (
        f"{harmless(place)} holds {count} readable training images: add more, at least two for "
        "each class."
    )


def unused_validation(place: str, folder: str) -> str:
    return (
        f"{harmless(os.path.join(place, folder))} is not used, because the recipe holds out a "
        "share of the training images: leave holdout at 0 to validate on this folder."
    )


def names_unreadable(path: str, why: str) -> str:
    return (
        f"the file of class names {harmless(path)} cannot be read ({harmless(why)}): name a file "
        "with a class and its name in each line, as in --set class_names=FILE."
    )


def no_names(path: str) -> str:
    return (
        f"the file of class names {harmless(path)} is empty: write a class and its name in each "
        "line, as in n01440764,tench."
    )


def names_of_others(pairs: Sequence[tuple[str, str]], classes: Sequence[str]) -> str:
    given = [key or name for key, name in pairs]
    columns = " of two columns" if all(key for key, _ in pairs) else ""
    return (
        f"class_names names {examples(given)} ({len(pairs):,} lines{columns}), and none of the "
        f"{len(classes):,} classes {examples(classes)}: write each class as its folder is called, "
        "and its name beside it, or one name a line in the order of the classes."
    )


def classes_unnamed(names: Sequence[str]) -> str:
    return f"class_names has no name for some classes ({len(names):,}: {examples(names)})."


def missing_in_validation(names: Sequence[str]) -> str:
    several = len(names) > 1
    return (
        f"no validation image is of the class{'es' * several} {examples(names)}: the accuracy says "
        f"nothing about {'them' if several else 'it'}."
    )


def other_natural_order(first: Sequence[str], natural: Sequence[str]) -> str:
    return (
        f"the classes are numbers in the order of their names, {', '.join(first)}, as with "
        f"torchvision's ImageFolder, and not {', '.join(natural)}: type --set class_order=natural "
        "for the order of numbers."
    )


# Unpacked copies


def cannot_unpack(file: object, folder: object, why: str) -> str:
    return (
        f"{harmless(str(file))} cannot be unpacked into {harmless(str(folder))} ({harmless(why)}): "
        "make that folder writable or set XDG_CACHE_HOME to another one, and see that the file can "
        "be read."
    )


def no_room_to_unpack(folder: object, room: float) -> str:
    return (
        f"what is unpacked into {harmless(str(folder))} needs more than the {numbers.size(room)} "
        "that may be used there: free some space, or set XDG_CACHE_HOME to a folder on a larger "
        "disk."
    )


def unpacked_once(file: object, size: float, copy: object) -> str:
    return (
        f"{harmless(str(file))} cannot be read in place, so it lies unpacked in "
        f"{harmless(str(copy))} ({numbers.size(size)}): delete that when no run needs it any more."
    )
