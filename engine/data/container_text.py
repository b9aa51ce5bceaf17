"""Sentences for the user about archives and arrays."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence

from engine import numbers
from engine.text import harmless

# How many names a sentence has.
EXAMPLES = 3


def _named(names: Sequence[str]) -> str:
    """The first three of some names: `a, b, c and 4 more`."""
    shown = ", ".join(map(harmless, names[:EXAMPLES]))
    return f"{shown} and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else shown


# How the data were found, in words.
ARRAYS = "arrays by the names of their splits"
CIFAR = "batches of CIFAR"
PIXEL_TABLE = "a table of pixels"

# Why a part of an archive is left out, and what is wrong with a file.
CLIMBS_OUT = "names that lead out of the archive"
LINKS = "links"
OTHER_METHOD = "entries that are neither stored nor deflated"
OTHER_ARRAYS = "arrays that are not used"
FILE_CUT_OFF = "it is cut off"
ENTRY_DAMAGED = "its bytes in the archive are damaged"
DAMAGED_HEADER = "the header of a member is damaged"
OTHER_FORMAT = "it has another format"
UNKNOWN_VERSION = "its version is not known"


def larger_than(size: str) -> str:
    return f"entries larger than {size}"


def damaged(path: object, why: str) -> str:
    return (
        f"{harmless(str(path))} cannot be read ({harmless(why)}): download or copy it again, or "
        "name another file with --data."
    )


def no_end_mark(path: object) -> str:
    return (
        f"{harmless(str(path))} has no mark at its end, so it may be cut off: compare its size "
        "with that of the original."
    )


def names_in_cp437(path: object, names: Sequence[str]) -> str:
    quoted = harmless(shlex.quote(str(path)))
    return (
        f"{len(names):,} names in {harmless(str(path))} are no UTF-8 and are read as CP437 "
        f"({_named(names)}): if they look wrong, unpack them by their encoding, as in `python3 -m "
        f"zipfile --metadata-encoding gbk -e {quoted} FOLDER`, and name that folder with --data."
    )


def encrypted(path: object) -> str:
    quoted = harmless(shlex.quote(str(path)))
    return (
        f"{harmless(str(path))} is encrypted: unpack it with `unzip {quoted}`, and name the folder "
        "with --data."
    )


def too_many_entries(place: object, most: int) -> str:
    return (
        f"{harmless(str(place))} has more than {most:,} entries: unpack it, and name the folder "
        "with --data."
    )


def too_many_bytes(place: object, most: int) -> str:
    return (
        f"the entries of {harmless(str(place))} say that they have more than {numbers.size(most)} "
        "in all: unpack it, and name the folder with --data."
    )


def entry_unreadable(place: object, name: str, why: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(place))} cannot be read ({harmless(why)}): download or "
        "copy the archive again."
    )


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


def no_images_in(place: object, names: Sequence[str]) -> str:
    if not names:
        return (
            f"{harmless(str(place))} holds nothing: name an archive of images, or a folder, with "
            "--data."
        )
    quoted = harmless(shlex.quote(str(place)))
    command = "unzip" if str(place).lower().endswith(".zip") else "tar xf"
    return (
        f"{harmless(str(place))} holds no images but {_named(names)}: unpack it with "
        f"`{command} {quoted}`, and name the folder with --data."
    )


def unknown_file(path: object, first: bytes) -> str:
    return (
        f"{harmless(str(path))} is no data set that is known (it begins with {first!r}): name a "
        "folder of images, or a .zip, .tar, .npz, .npy or .csv file with --data."
    )


def no_table_of_pixels(path: object) -> str:
    folder = harmless(shlex.quote(os.path.dirname(str(path)) or "."))
    return (
        f"{harmless(str(path))} holds no pixels (a column for each, or a column pixels): if it "
        f"says the classes of images beside it, name the folder, as in --data {folder}."
    )


def one_image(path: object) -> str:
    return (
        f"{harmless(str(path))} is one image: name the folder that holds one subfolder of images "
        "for each class."
    )


def unpack_first(path: object, command: str) -> str:
    return (
        f"{harmless(str(path))} is packed in a way that is not read: unpack it with "
        f"`{command} {harmless(shlex.quote(str(path)))}`, and name the result with --data."
    )


# Arrays


def needs_pickle(path: object, name: str) -> str:
    return (
        f"the array {harmless(name)} in {harmless(str(path))} holds Python objects, which are not "
        "read since they could run code: save it anew with "
        f"`numpy.save(NAME, numpy.array({harmless(name)}.tolist()))`."
    )


def array_missing(place: object, content: str, names: Sequence[str]) -> str:
    wanted = (
        "x_train, train_images, images" if content == "images" else "y_train, train_labels, labels"
    )
    there = _named(names) if names else "no array"
    return (
        f"{harmless(str(place))} has no array named as training {content} are ({wanted}), but "
        f"{there}: rename the array that has them."
    )


def name_says_nothing(name: str) -> str:
    return (
        f"the name of {harmless(name)} does not say what the array holds: rename it to x_train.npy "
        "or y_train.npy, say, and put both into one folder."
    )


def twice(place: object, first: str, second: str) -> str:
    return (
        f"{harmless(first)} and {harmless(second)} in {harmless(str(place))} mean the same: rename "
        "the one that is not to be used."
    )


def several_sets(place: object, names: Sequence[str]) -> str:
    return (
        f"{harmless(str(place))} has the images of several data sets ({_named(names)}): name the "
        f"file of one, as in --data {harmless(shlex.quote(f'{place}/{names[0]}'))}."
    )


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(f'{length:,}' for length in shape)})"


def ambiguous_axes(path: object, name: str, shape: Sequence[int]) -> str:
    return (
        f"nobody can tell which axis of {harmless(name)} {_shape(shape)} in {harmless(str(path))} "
        "has the colours: save it as (images, rows, columns) or (images, rows, columns, 3)."
    )


def no_images(path: object, name: str, shape: Sequence[int], kind: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} holds no images but values of type {kind} in "
        f"the shape {_shape(shape)}: save numbers as (images, rows, columns) or (images, rows, "
        "columns, 3)."
    )


def no_pixels(path: object, name: str, low: float, high: float) -> str:
    return (
        f"the values of {harmless(name)} in {harmless(str(path))} go from {low:g} to {high:g}: "
        "save fractions from 0 to 1, or whole numbers from 0 to 255, 4095 or 65535."
    )


def row_out_of_range(low: float, high: float, white: int) -> str:
    return f"its values go from {low:g} to {high:g}, and those of other images from 0 to {white}"


def no_labels(path: object, name: str, shape: Sequence[int]) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} has the shape {_shape(shape)} or values that "
        "are no classes: save one whole number, one word or one one-hot row for each image."
    )


def several_labels(path: object, name: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} gives some images several classes or none: a "
        "classifier needs one for each, so save the number of that one."
    )


def not_whole(path: object, name: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} has fractions, which are no classes: save "
        "whole numbers or words."
    )


def other_count(path: object, name: str, labels: int, images: int) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} has {labels:,} labels for {images:,} images: "
        "save one for each."
    )


def too_few_labels(place: object, names: Sequence[str]) -> str:
    there = f"only the label {_named(names)}" if names else "no labels"
    return (
        f"the training images of {harmless(str(place))} have {there}: a classifier needs two "
        "classes at least, so add labels."
    )


def unknown_labels(place: object, name: str, labels: Iterable[str]) -> str:
    return (
        f"{harmless(name)} in {harmless(str(place))} has labels that no training image has: "
        f"{_named(list(labels))}; relabel those images, or add them to the training images."
    )


def forbidden_name(name: str) -> str:
    return f"it names {name}, which could run code"


# Tables of pixels


def other_columns(path: object, row: int, columns: int) -> str:
    return (
        f"row {row:,} of {harmless(str(path))} does not have {columns:,} columns, as the first "
        "does: repair or delete that row."
    )


def other_pixels(path: object, row: int, pixels: int) -> str:
    return (
        f"row {row:,} of {harmless(str(path))} does not have {pixels:,} pixels, as the first does: "
        "repair or delete that row."
    )


def no_pixel_row(path: object, row: int) -> str:
    return (
        f"row {row:,} of {harmless(str(path))} holds something else than whole numbers from 0 to "
        "255: repair or delete that row."
    )


def no_label_column(path: object) -> str:
    return (
        f"{harmless(str(path))} has pixels but no column with the classes: call it label, class, "
        "target or emotion, or name the table with the training images."
    )


def unknown_usage(path: object, words: Sequence[str], known: Sequence[str]) -> str:
    return (
        f"the column Usage of {harmless(str(path))} has {_named(words)}, which name no split: "
        f"write {_named(known)}."
    )


def unused_validation(place: object) -> str:
    return (
        f"the validation images of {harmless(str(place))} are not used, because the recipe holds "
        "out a share of the training images: leave holdout at 0 to validate on them."
    )
