"""Receptive fields: the part of the image that one value of a layer's output depends on.

A value depends on a square of the image whose side grows by (kernel - 1) · dilation · jump in
each convolution and pooling, where jump is the product of the strides so far (Araujo et al. 2019,
"Computing receptive fields of convolutional neural networks"). Where paths meet, the larger counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class Field(NamedTuple):
    """The side in pixels, and how far in pixels two neighbouring values are apart."""

    side: int
    jump: int


WHOLE = 0
_SLIDING = (F.conv2d, F.max_pool2d, F.avg_pool2d)
_GATHERING = (F.linear, F.adaptive_avg_pool2d, F.adaptive_max_pool2d, Tensor.mean)


class Fields(TorchFunctionMode):
    """While it is active, follows the fields of all tensors that are computed from an image."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()
        # Tensors are kept, so that no id is used twice.
        self._known: dict[int, tuple[Tensor, Field]] = {id(image): (image, Field(1, 1))}

    def side(self, tensor: object) -> int:
        """The side of the field of this tensor's values, 0 where that is the whole image."""
        known = self._known.get(id(tensor))
        return known[1].side if known else WHOLE

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        result = func(*args, **given)
        before = [self._known[id(t)][1] for t in _tensors(args) if id(t) in self._known]
        if before:
            field = _after(func, args, given, _larger(before))
            for tensor in _tensors((result,)):
                self._known.setdefault(id(tensor), (tensor, field))
        return result


def _larger(fields: Iterable[Field]) -> Field:
    """Of several paths: the whole image, else the widest."""
    return max(fields, key=lambda field: (field.side == WHOLE, field.side))


def _after(
    func: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any], field: Field
) -> Field:
    if field.side == WHOLE or func in _GATHERING:
        return Field(WHOLE, field.jump)
    if func not in _SLIDING:
        return field
    window = args[1] if len(args) > 1 else given.get("kernel_size", given.get("weight"))
    side = _one(tuple(window.shape[2:]) if isinstance(window, Tensor) else window)
    # Where stride and dilation stand among the arguments; a pool moves on by its own size.
    pools = func is not F.conv2d
    stride = _argument(args, given, 2 if pools else 3, "stride") or (side if pools else 1)
    at = 4 if pools else 5
    dilation = 1 if func is F.avg_pool2d else _argument(args, given, at, "dilation") or 1
    wider = field.side + (side - 1) * _one(dilation) * field.jump
    return Field(wider, field.jump * _one(stride))


def _argument(args: tuple[Any, ...], given: Mapping[str, Any], place: int, name: str) -> Any:
    return args[place] if len(args) > place else given.get(name)


def _one(size: int | tuple[int, ...]) -> int:
    return size if isinstance(size, int) else int(max(size))


def _tensors(values: Iterable[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _tensors(value)
    return found
