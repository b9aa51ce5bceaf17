"""The labels in an array: whole numbers, one-hot rows or words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.found_array import FoundArray
from engine.errors import DataError


def label_values(found: FoundArray, images: int) -> npt.NDArray[Any]:
    """The label of each image, (N,) whole numbers or words.

    Raises DataError where there is not one for each of so many images.
    """
    if len(found.shape) > 2 or not found.shape or found.kind not in "buifUS":
        raise DataError(container_text.no_labels(found.path, found.name, found.shape))
    if found.shape[0] != images:
        raise DataError(container_text.other_count(found.path, found.name, found.shape[0], images))
    values = np.asarray(found.file().values())
    if values.ndim == 2:
        values = values[:, 0] if values.shape[1] == 1 else _from_one_hot(found, values)
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "backslashreplace")
    return values if values.dtype.kind == "U" else _whole(found, values)


def _from_one_hot(found: FoundArray, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The class of each row of (N, classes), of which one is 1 and all others are 0."""
    if values.dtype.kind in "US" or not np.isin(values, (0, 1)).all():
        raise DataError(container_text.no_labels(found.path, found.name, found.shape))
    if (values.sum(1) != 1).any():
        raise DataError(container_text.several_labels(found.path, found.name))
    classes: npt.NDArray[Any] = values.argmax(1)
    return classes


def _whole(found: FoundArray, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    with np.errstate(invalid="ignore"):  # what is no number is found below
        whole = values.astype(np.int64)
    if values.dtype.kind == "f" and not (whole == values).all():
        raise DataError(container_text.not_whole(found.path, found.name))
    return whole
