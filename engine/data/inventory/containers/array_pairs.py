"""Pairs the arrays of a data set by their names: the images and the labels of each split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.data.inventory.containers import array_names, container_text
from engine.data.inventory.containers.array_names import ArrayName
from engine.data.inventory.containers.found_array import FoundArray
from engine.data.inventory.containers.label_values import label_values
from engine.data.inventory.containers.labelled_items import SplitItems
from engine.data.inventory.containers.labelled_rows import labelled_rows
from engine.data.inventory.containers.pixel_rows import RowShape, pixel_rows, shape_of
from engine.data.inventory.layouts.split_names import SplitName
from engine.errors import DataError

# The names that NumPy gives to two arrays that nobody named.
UNNAMED = {"arr_0": ArrayName("images", "train"), "arr_1": ArrayName("labels", "train")}


class Pair(NamedTuple):
    """The images of a split and how they lie in their array, and their labels, if there are any."""

    split: SplitName
    images: FoundArray
    shape: RowShape
    labels: FoundArray | None


class Pairs(NamedTuple):
    """The pairs of a data set, the names of its classes, if there is an array of them, and what
    belongs to none."""

    pairs: Sequence[Pair]
    class_names: FoundArray | None
    others: Sequence[str]


def meanings(names: Iterable[str]) -> dict[str, ArrayName]:
    """What each array holds whose name says it."""
    listed = list(names)
    if {*listed} == {*UNNAMED}:
        return dict(UNNAMED)
    return {name: parsed for name in listed if (parsed := array_names.parsed(name))}


def paired(place: Path, arrays: Sequence[FoundArray], family: str | None = None) -> Pairs:
    """Pair arrays by their names; those of one `family` where that is given.

    Raises DataError where images or labels for training are missing, where there are several of
    them, or where nobody can tell how the images lie.
    """
    known = meanings(array.name for array in arrays)
    _check_families(place, known, family)
    slots: dict[tuple[str, str], FoundArray] = {}
    for array in arrays:
        name = known.get(array.name)
        if name is None or family not in (None, name.family):
            continue
        if (slot := (name.content, name.split)) in slots:
            raise DataError(container_text.twice(place, slots[slot].name, array.name))
        slots[slot] = array
    for content in ("images", "labels"):
        if (content, "train") not in slots:
            raise DataError(container_text.array_missing(place, content, _names(arrays)))
    splits: tuple[SplitName, ...] = ("train", "validation", "test", "predict")
    pairs = [_pair(split, slots) for split in splits if ("images", split) in slots]
    used = {array.name for array in slots.values()}
    others = [name for name in _names(arrays) if name not in used]
    return Pairs(pairs, slots.get(("class names", "train")), others)


def _names(arrays: Iterable[FoundArray]) -> list[str]:
    return [array.name for array in arrays]


def _check_families(place: Path, known: Mapping[str, ArrayName], family: str | None) -> None:
    """Raise DataError where there are images of several data sets and none is chosen."""
    families = {
        name.family: array
        for array, name in known.items()
        if (name.content, name.split) == ("images", "train")
    }
    if family is None and len(families) > 1:
        raise DataError(container_text.several_sets(place, sorted(families.values())))


def _pair(split: SplitName, slots: Mapping[tuple[str, str], FoundArray]) -> Pair:
    images = slots["images", split]
    return Pair(split, images, shape_of(images), slots.get(("labels", split)))


def split_items(pairs: Pairs) -> list[SplitItems]:
    """The rows of all pairs; the training images say what the value of white is.

    Raises DataError where labels do not fit the images.
    """
    parts = []
    white = None
    for split, found, shape, labels in pairs.pairs:
        images = pixel_rows(found, shape, white)
        white = white or images.white
        count = found.shape[0]
        values = None if labels is None else label_values(labels, count)
        parts.append(labelled_rows(split, images, range(count), values))
    return parts


def class_names(pairs: Pairs) -> dict[int, str]:
    """The names of the classes by their labels, where there is an array of words for them."""
    found = pairs.class_names
    if found is None or len(found.shape) != 1 or found.kind not in "US":
        return {}
    words = np.asarray(label_values(found, found.shape[0])).tolist()
    return dict(enumerate(words, _first_label(pairs, len(words))))


def _first_label(pairs: Pairs, names: int) -> int:
    """The label of the first name: 1 where the training labels go from 1 to the number of names."""
    labels = pairs.pairs[0].labels
    values = None if labels is None else label_values(labels, labels.shape[0])
    if values is None or not len(values) or values.dtype.kind not in "iu":
        return 0
    return int(values.min() == 1 and values.max() == names)
