"""Finds the images and the labels in a batch of anybody's loader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from cnn_tui.nested_tensors import tensors_in
from cnn_tui.watching import obeying_text
from cnn_tui.watching.refusal_error import RefusalError

IMAGE_KEYS = ("image", "images", "img", "pixel_values", "x", "input", "inputs", "data")
LABEL_KEYS = ("label", "labels", "target", "targets", "y", "class")


class LabelledImages(NamedTuple):
    """What the model takes, (N, …), and what belongs to it.

    `labels` are the classes (N,) int64; None if the batch has none. `target` is what the script's
    loss takes, as the loader gave it.
    """

    images: Tensor
    labels: Tensor | None
    target: Any


def labelled_images(batch: Any) -> LabelledImages:
    """The images and labels of a batch: a tensor, a dictionary, or a sequence that starts with it.

    In a dictionary they have usual names, or the images are its first tensor of images. Raises
    RefusalError where there are none.
    """
    parts = _named(batch) if isinstance(batch, Mapping) else _listed(batch)
    if parts is None:
        raise RefusalError(obeying_text.no_images(batch))
    images, target = parts
    return LabelledImages(images, _labels(target, len(images)), target)


def _named(batch: Mapping[Any, Any]) -> tuple[Tensor, Any] | None:
    names = {str(name).lower(): value for name, value in batch.items()}
    images = next((names[key] for key in IMAGE_KEYS if key in names), None)
    found = _images([images] if isinstance(images, Tensor) else [*batch.values()])
    target = next((names[key] for key in LABEL_KEYS if key in names), None)
    return None if found is None else (found, target)


def _listed(batch: Any) -> tuple[Tensor, Any] | None:
    if isinstance(batch, Tensor):
        return batch, None
    if not isinstance(batch, Sequence) or not batch:
        return None
    found = _images(batch)
    return None if found is None else (found, batch[1] if len(batch) > 1 else None)


def _images(parts: Sequence[Any]) -> Tensor | None:
    """The first batch of images; of images of several sizes the first one, as a batch of one."""
    for part in parts:
        if isinstance(part, Tensor) and part.ndim >= 3:
            return part
        if isinstance(part, (list, tuple)) and part and isinstance(part[0], Tensor):
            return part[0][None] if part[0].ndim == 3 else part[0]
    # Rows of numbers are what other networks take.
    return next((each for each in tensors_in(parts[0]) if each.ndim == 2), None)


def _labels(target: Any, count: int) -> Tensor | None:
    """The classes (N,): as they are, or of rows with a share for each class."""
    if not isinstance(target, Tensor) or not target.ndim or len(target) != count:
        return None
    rows: Tensor = target[:, 0] if target.ndim == 2 and target.shape[1] == 1 else target
    if rows.ndim == 1 and not rows.is_floating_point() and not rows.is_complex():
        return rows.long()
    return rows.argmax(1) if rows.ndim == 2 and _are_shares(rows) else None


def _are_shares(rows: Tensor) -> bool:
    """Whether each row adds up to 1 and has nothing below 0."""
    sums = rows.double().sum(1)
    return bool((rows >= 0).all()) and bool(((sums - 1).abs() < 1e-3).all())
