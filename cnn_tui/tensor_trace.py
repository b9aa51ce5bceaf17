"""Attaches a value to each tensor of a model's forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from torch import Tensor
from torch.overrides import TorchFunctionMode

from cnn_tui.nested_tensors import tensors_in

Value = TypeVar("Value")


class TensorTrace(TorchFunctionMode, Generic[Value]):
    """While active, attaches a value to each tensor that is computed from an image.

    A subclass computes the value of a result from the values of its inputs.
    """

    def __init__(self, image: Tensor, value: Value) -> None:
        super().__init__()
        # Keep the tensors, so that no two of them get the same id.
        self._traced: dict[int, tuple[Tensor, Value]] = {id(image): (image, value)}

    def value(self, tensor: object) -> Value | None:
        """The value of a tensor, or None if it was not computed from the image."""
        traced = self._traced.get(id(tensor))
        return None if traced is None else traced[1]

    def after(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        inputs: list[tuple[Tensor, Value]],
        result: Any,
    ) -> Value:
        """The value of `func`'s result. `inputs` are its traced arguments, at least one."""
        raise NotImplementedError

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        # Look them up before the call, because an in-place operation returns its own input.
        found = (self._traced.get(id(tensor)) for tensor in tensors_in((*args, *named.values())))
        inputs = [traced for traced in found if traced is not None]
        result = func(*args, **named)
        if inputs:
            value = self.after(func, args, named, inputs, result)
            for tensor in tensors_in((result,)):
                self._traced[id(tensor)] = tensor, value
        return result
