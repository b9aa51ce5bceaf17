"""The tensors in what a layer takes or returns: tensors, or sequences and mappings of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor


def tensors_in(values: object) -> Iterator[Tensor]:
    """All tensors, in order."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from tensors_in(value)
    elif isinstance(values, Mapping):
        yield from tensors_in(tuple(values.values()))


def first_tensor(values: object) -> Tensor | None:
    """The first tensor, or None if there is none."""
    # The usual batch, which is looked at in every step.
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], Tensor):
        return values[0]
    return next(tensors_in(values), None)
