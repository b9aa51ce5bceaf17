"""Receptive fields: the part of the image that one value of a layer's output depends on.

A value depends on a square of the image. Each convolution and pooling adds (kernel - 1) · dilation
· jump to its side, where jump is the product of the strides so far (Araujo et al. 2019, "Computing
receptive fields of convolutional neural networks"). Where paths meet, the larger field counts.
After any other function, unless it is pointwise, the field is the whole image or not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from torch import Tensor
from torch.nn import functional as F

from cnn_tui.tensor_trace import TensorTrace


class ReceptiveField(NamedTuple):
    """The side of the field, and the distance between the fields of two neighbouring values.

    Both are in pixels.
    """

    side: int
    jump: int


WHOLE_IMAGE = 0
_SLIDING = (F.conv2d, F.max_pool2d, F.avg_pool2d)
# The functions whose values depend on the values at one place of each input, and those that only
# move values; all their forms (`torch.add`, `+`, `Tensor.add_`) have the same name.
_POINTWISE_NAMES = """
    add sub mul div truediv radd rsub rmul rtruediv iadd isub imul itruediv neg pow square sqrt exp
    log abs clamp clip minimum maximum where lerp
    relu relu6 leaky_relu prelu rrelu elu selu celu gelu silu mish softplus softsign sigmoid
    logsigmoid log_sigmoid tanh tanhshrink softshrink hardshrink threshold hardtanh hardsigmoid
    hardswish
    dropout dropout1d dropout2d alpha_dropout feature_alpha_dropout batch_norm layer_norm
    cat concat stack chunk split getitem flatten reshape view permute transpose squeeze unsqueeze
    pad contiguous clone detach to float half bfloat16 double type
"""
_POINTWISE = frozenset(_POINTWISE_NAMES.split())


class ReceptiveFields(TensorTrace[ReceptiveField]):
    """While active, computes the receptive fields of all tensors that depend on an image."""

    def __init__(self, image: Tensor) -> None:
        super().__init__(image, ReceptiveField(1, 1))

    def side(self, tensor: object) -> int:
        """The side of the field of this tensor's values, 0 if it is the whole image."""
        field = self.value(tensor)
        return WHOLE_IMAGE if field is None else field.side

    def after(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        inputs: list[tuple[Tensor, ReceptiveField]],
        result: Any,
    ) -> ReceptiveField:
        field = _largest(field for _, field in inputs)
        if field.side != WHOLE_IMAGE and func in _SLIDING:
            return _slid(func, args, kwargs, field)
        known = func.__name__.strip("_") in _POINTWISE
        return field if known else ReceptiveField(WHOLE_IMAGE, field.jump)


def _largest(fields: Iterable[ReceptiveField]) -> ReceptiveField:
    """The whole image if one of the fields is, else the widest field."""
    return max(fields, key=lambda field: (field.side == WHOLE_IMAGE, field.side))


def _slid(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    field: ReceptiveField,
) -> ReceptiveField:
    """The field after a convolution or a pooling."""
    window = args[1] if len(args) > 1 else kwargs.get("kernel_size", kwargs.get("weight"))
    kernel = _side(tuple(window.shape[2:]) if isinstance(window, Tensor) else window)
    # Stride and dilation have other argument positions in a pooling, whose default stride is its
    # kernel.
    pools = func is not F.conv2d
    stride = _argument(args, kwargs, 2 if pools else 3, "stride") or (kernel if pools else 1)
    position = 4 if pools else 5
    dilates = func is not F.avg_pool2d
    dilation = (_argument(args, kwargs, position, "dilation") or 1) if dilates else 1
    side = field.side + (kernel - 1) * _side(dilation) * field.jump
    return ReceptiveField(side, field.jump * _side(stride))


def _argument(args: tuple[Any, ...], kwargs: Mapping[str, Any], position: int, name: str) -> Any:
    return args[position] if len(args) > position else kwargs.get(name)


def _side(size: int | tuple[int, ...]) -> int:
    return size if isinstance(size, int) else int(max(size))
