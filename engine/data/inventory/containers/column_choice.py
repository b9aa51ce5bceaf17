"""Finds the columns of images and labels in a table, by their types. Loads no pyarrow itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.data.inventory.containers import library_text
from engine.errors import DataError
from engine.recipes.recipe import Recipe

# The usual names of a column of labels, also of a field or a file of a WebDataset sample.
LABEL_NAMES = ("label", "labels", "cls", "class", "target", "y", "category", "class_id")
# What pandas calls the numbers of rows that it writes into a file.
INDEX_PREFIX = "__index_level_"
METADATA = b"huggingface"


class Columns(NamedTuple):
    """The columns of a table; `names` are those of the classes whose labels are numbers.

    `label` is empty where the images have none.
    """

    image: str
    label: str
    names: Mapping[int, str]


def columns_of(schema: Any, place: str, recipe: Recipe) -> Columns:
    """The columns of a schema of Arrow. Raises DataError where they are not clear."""
    features = _features(schema)
    images = [field.name for field in schema if _holds_images(field.type)]
    image = chosen(recipe.image_column, images, "image_column", place, schema.names)
    classes = [name for name, feature in features.items() if feature.get("_type") == "ClassLabel"]
    labels = classes or [
        field.name
        for field in schema
        if field.name != image and _holds_labels(field.type) and INDEX_PREFIX not in field.name
    ]
    usual = [name for name in labels if name.lower() in LABEL_NAMES]
    asked = recipe.label_column
    known = [each.name for each in schema if _holds_labels(each.type)] if asked else usual or labels
    label = chosen(
        asked, known[:1] if usual and not asked else known, "label_column", place, schema.names
    )
    return Columns(image, label, _class_names(features.get(label, {})))


def chosen(asked: str, found: Sequence[str], field: str, place: str, there: Sequence[str]) -> str:
    """The column that was asked for, or the only one that was found. Raises DataError."""
    if asked in found or (not asked and len(found) == 1):
        return asked or found[0]
    raise DataError(library_text.unclear_column(place, field, asked, found, there))


def _features(schema: Any) -> Mapping[str, Mapping[str, Any]]:
    """What `datasets` says of the columns in the file; nothing where it did not write it."""
    try:
        told = json.loads((schema.metadata or {})[METADATA])["info"]["features"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return {name: each for name, each in told.items() if isinstance(each, dict)}


def _class_names(feature: Mapping[str, Any]) -> Mapping[int, str]:
    names = feature.get("names")
    return {label: str(name) for label, name in enumerate(names)} if isinstance(names, list) else {}


def _holds_images(kind: Any) -> bool:
    """Whether values are the bytes of files, alone or with a path."""
    from pyarrow import types

    if types.is_struct(kind):
        at = kind.get_field_index("bytes")
        return at >= 0 and _holds_images(kind.field(at).type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _holds_labels(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _holds_labels(kind.value_type)
    words = types.is_string(kind) or types.is_large_string(kind)
    return bool(words or types.is_integer(kind) or types.is_boolean(kind))
