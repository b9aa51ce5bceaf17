"""The labels and the class names of a data set in Python, mostly without decoding its images.

Loads no torch: the data sets have loaded it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from engine.data.stored.set_item import SetMaker, item_of, label_of, made

# Attributes that list the labels of all items, or pairs of a file and a label.
LISTS = ("targets", "labels", "_labels", "y")
PAIRS = ("samples", "_samples", "imgs")
CLASS_LISTS = ("classes", "categories", "class_names")


def labels_of(maker: SetMaker) -> list[int | None]:
    """The label of each item. Where no list of the data set fits, all images are decoded.

    Raises what the data set raises, and ValueError where an item is no pair of image and label.
    """
    items = made(maker)
    listed = _listed(items)
    count = len(items)
    if listed and all(_agrees(maker, index, listed[index]) for index in _spread(count)):
        return listed
    return [_label(maker, index) for index in range(count)]


def _agrees(maker: SetMaker, index: int, listed: int | None) -> bool:
    """Whether an item has its listed label. Raises what the first item raises.

    Another one that cannot be had is a broken image, which is told where it is decoded.
    """
    try:
        return _label(maker, index) == listed
    except Exception:
        if index == 0:
            raise
        return True


def _label(maker: SetMaker, index: int) -> int | None:
    image, label = item_of(maker, index)
    if isinstance(image, Image.Image):
        with contextlib.suppress(Exception):  # told when it is decoded
            image.load()  # closes its file; the data set may hold the image itself
    return label


def class_names(items: Any) -> dict[int, str]:
    """The names of the classes by label, as far as the data set tells them."""
    if (inner := getattr(items, "dataset", None)) is not None and hasattr(items, "indices"):
        return class_names(inner)
    if parts := getattr(items, "datasets", None):
        return class_names(parts[0])
    for attribute in CLASS_LISTS:
        names = getattr(items, attribute, None)
        if isinstance(names, Sequence) and not isinstance(names, str) and names:
            return {label: _shown(name) for label, name in enumerate(names)}
    numbers = getattr(items, "class_to_idx", None)
    if isinstance(numbers, Mapping):
        return {label: _shown(name) for name, label in numbers.items() if isinstance(label, int)}
    return {}


def _shown(name: Any) -> str:
    """The name of a class; ImageNet and Imagenette have several for each."""
    return str(name[0] if isinstance(name, tuple | list) and name else name)


def _spread(count: int) -> list[int]:
    """Some indices, whose items show whether a list belongs to the items."""
    return sorted({0, count // 3, count // 2, count - 1}) if count else []


def _listed(items: Any) -> list[int | None] | None:
    """The labels by a list of the data set with one for each item; of a `Subset`, of its items."""
    inner, chosen = getattr(items, "dataset", None), getattr(items, "indices", None)
    if inner is not None and chosen is not None:
        whole = _listed(inner)
        return whole and [whole[int(index)] for index in chosen]
    if parts := getattr(items, "datasets", None):
        lists = [_listed(part) for part in parts]
        return None if None in lists else [label for part in lists for label in part or ()]
    for attribute in LISTS:
        if labels := _whole(getattr(items, attribute, None), len(items)):
            return labels
    for attribute in PAIRS:
        pairs: Any = getattr(items, attribute, None)
        if _has(pairs, len(items)) and all(_is_pair(pair) for pair in pairs):
            return _whole([pair[1] for pair in pairs], len(items))
    return None


def _whole(values: Any, count: int) -> list[int | None] | None:
    if not _has(values, count):
        return None
    try:
        return [label_of(value) for value in _plain(values)]
    except ValueError:
        return None


def _has(values: Any, count: int) -> bool:
    try:
        return values is not None and len(values) == count
    except TypeError:  # a tensor of one value has no length
        return False


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2


def _plain(values: Any) -> Any:
    """The values of an array or a tensor as those of Python."""
    return values.tolist() if hasattr(values, "tolist") else values
