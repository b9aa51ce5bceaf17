"""Sentences for the user about archives and files that are listed, and what is left out of them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from engine import numbers
from engine.text import examples, harmless

# Why a part of an archive is left out.
CLIMBS_OUT = "names that lead out of the archive"
LINKS = "links"
OTHER_METHOD = "entries that are neither stored nor deflated"

# What is wrong with an archive.
DAMAGED_HEADER = "the header of a member is damaged"


def larger_than(size: str) -> str:
    return f"entries larger than {size}"


def no_end_mark(path: object) -> str:
    return (
        f"{harmless(str(path))} has no mark at its end, so it may be cut off: compare its size "
        "with that of the original."
    )


def too_many_entries(place: object, most: int) -> str:
    return f"{harmless(str(place))} has more than {most:,} entries: unpack it, and name the folder."


def too_many_bytes(place: object, most: int) -> str:
    return (
        f"the entries of {harmless(str(place))} say that they have more than {numbers.size(most)} "
        "in all: unpack it, and name the folder."
    )


def entry_unreadable(place: object, name: str, why: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(place))} cannot be read ({harmless(why)}): download or "
        "copy the archive again."
    )


def no_images_in(place: object, names: Sequence[str]) -> str:
    if not names:
        return f"{harmless(str(place))} holds nothing: name an archive of images, or a folder."
    quoted = harmless(shlex.quote(str(place)))
    command = "unzip" if str(place).lower().endswith(".zip") else "tar xf"
    return (
        f"{harmless(str(place))} holds no images but {examples(names)}: unpack it with "
        f"`{command} {quoted}`, and name the folder."
    )


def unknown_file(path: object, first: bytes) -> str:
    return (
        f"{harmless(str(path))} is no data set that is known (it begins with {first!r}): name a "
        "folder of images, or a .zip, .tar, .npz, .npy or .csv file."
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
        f"`{command} {harmless(shlex.quote(str(path)))}`, and name the result."
    )


def names_in_cp437(path: object, names: Sequence[str]) -> str:
    quoted = harmless(shlex.quote(str(path)))
    return (
        f"{len(names):,} names in {harmless(str(path))} are no UTF-8 and are read as CP437 "
        f"({examples(names)}): if they look wrong, unpack them by their encoding, as in `python3 "
        f"-m zipfile --metadata-encoding gbk -e {quoted} FOLDER`, and name that folder."
    )
