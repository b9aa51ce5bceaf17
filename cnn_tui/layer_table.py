"""The layer table of a model: names, kinds, output shapes, parameters, multiply-accumulates."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import type_before_parametrizations

from cnn_tui.leaf_modules import leaf_modules
from cnn_tui.model_copy import compute_on_copy, image_for
from cnn_tui.nested_tensors import first_tensor
from cnn_tui.receptive_field import ReceptiveFields


class Layer(NamedTuple):
    """One row of the table.

    `kind` is the module's class, `detail` its kernel ("3×3", "3×3 /2") or its sizes ("512→10").
    `output` is the output shape without the batch, (C, H, W) or (features,). `macs` counts
    multiply-accumulates for one image. `receptive_field` is the side in pixels of the part of the
    image that one output value depends on; 0 means the whole image, or unknown.
    """

    name: str
    kind: str
    detail: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    receptive_field: int


def layer_table(model: nn.Module, channels: int, size: int) -> list[Layer]:
    """The leaf layers that have parameters or change the shape, in the order of computation.

    All numbers are for one image (channels, size, size), which a copy of the model computes.
    """
    return layer_table_for(model, image_for(model, channels, size))


def layer_table_for(model: nn.Module, image: Tensor) -> list[Layer]:
    """As `layer_table`, for what the model takes: one image (1, …) on the model's device."""
    return compute_on_copy(model, image, _table)


def _table(shadow: nn.Module, image: Tensor) -> list[Layer]:
    fields = ReceptiveFields(image)
    table: list[Layer] = []
    for name, module in leaf_modules(shadow):
        module.register_forward_hook(_add_row(name, table, fields))
    with torch.no_grad(), fields:
        shadow(image)
    return table


def _add_row(
    name: str, table: list[Layer], fields: ReceptiveFields
) -> Callable[[nn.Module, object, object], None]:
    """A hook that adds its layer to the table."""

    def add(module: nn.Module, inputs: object, output: object) -> None:
        parameters = sum(parameter.numel() for parameter in module.parameters())
        shape = _shape(output)
        if parameters or shape != _shape(inputs):
            kind, macs = type_before_parametrizations(module).__name__, _macs(module, shape)
            side = fields.side(output)
            table.append(Layer(name, kind, _detail(module), shape, parameters, macs, side))

    return add


def _shape(values: object) -> tuple[int, ...]:
    """The shape without the batch of a tensor, or of the first of several tensors; else ()."""
    first = first_tensor(values)
    return () if first is None else tuple(first.shape[1:])


def _detail(module: nn.Module) -> str:
    """`3×3`, `3×3 /2` with a stride, or `512→10`; empty for other layers."""
    if isinstance(module, nn.Linear):
        return f"{module.in_features}→{module.out_features}"
    if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
        kernel, stride = _pair(module.kernel_size), _pair(module.stride)
        return f"{kernel[0]}×{kernel[1]}" + (f" /{stride[0]}" if max(stride) > 1 else "")
    return ""


def _pair(size: int | tuple[int, ...]) -> tuple[int, ...]:
    return (size, size) if isinstance(size, int) else size


def _macs(module: nn.Module, output: tuple[int, ...]) -> int:
    """Multiply-accumulates of a layer with this output shape: (C, H, W), or (…, features)."""
    if isinstance(module, nn.Conv2d):
        return module.weight[0].numel() * math.prod(output)
    return module.in_features * math.prod(output) if isinstance(module, nn.Linear) else 0
