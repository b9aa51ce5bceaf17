"""The layer table of a Keras model, as rows of `RunStarted`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras


def named_layers(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All layers that hold no others, by name; those of a model inside are `MODEL/LAYER`."""
    for layer in model.layers:
        name = prefix + layer.name
        if isinstance(layer, keras.Model):
            yield from named_layers(layer, f"{name}/")
        else:
            yield name, layer


def layer_rows(model: Any) -> list[dict[str, Any]]:
    """The layers that have parameters or change the shape; see `events.Layer`.

    Where Keras knows no output shape, as in a subclassed model, `output` is empty.
    """
    return [
        _row(name, layer)
        for name, layer in named_layers(model)
        if not isinstance(layer, keras.layers.InputLayer)
        and (parameters(layer) or _shape(layer, "output") != _shape(layer, "input"))
    ]


def parameters(layer: Any) -> int:
    """The number of a layer's weights, without the moving statistics of a batch normalisation."""
    moving = (getattr(layer, name, None) for name in ("moving_mean", "moving_variance"))
    statistics = sum(math.prod(one.shape) for one in moving if one is not None)
    return int(layer.count_params()) - statistics if layer.built else 0


def _row(name: str, layer: Any) -> dict[str, Any]:
    output = _shape(layer, "output")
    return {
        "name": name,
        "kind": type(layer).__name__,
        "detail": _detail(layer),
        "output": output,
        "parameters": parameters(layer),
        "macs": _macs(layer, output),
    }


def _shape(layer: Any, side: str) -> tuple[int, ...]:
    """The shape of the output or input without the batch, (C, H, W) for images; () if unknown."""
    try:
        tensor = getattr(layer, side)
    except (AttributeError, ValueError, RuntimeError):
        return ()
    while isinstance(tensor, (list, tuple)) and tensor:
        tensor = tensor[0]
    shape = tuple(getattr(tensor, "shape", ()))[1:]
    if None in shape:
        return ()
    return channels_first(shape, layer)


def channels_first(shape: tuple[int, ...], layer: Any) -> tuple[int, ...]:
    """(C, H, W), from the shape (H, W, C) that a layer has where its channels come last."""
    last = has_channels_last(layer) and len(shape) == 3
    return (shape[2], *shape[:2]) if last else shape


def has_channels_last(layer: Any) -> bool:
    """Whether its images are (H, W, C), as Keras has them on every backend unless told not to."""
    return getattr(layer, "data_format", keras.config.image_data_format()) != "channels_first"


def _detail(layer: Any) -> str:
    """`3×3`, `3×3 /2` with a stride, or `512→10`; empty for other layers."""
    if isinstance(layer, keras.layers.Dense) and layer.built:
        return "→".join(str(size) for size in layer.kernel.shape)
    kernel = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if not isinstance(kernel, tuple) or len(kernel) != 2:
        return ""
    strides = layer.strides
    stride = max(strides) if isinstance(strides, (tuple, list)) else strides
    return f"{kernel[0]}×{kernel[1]}" + (f" /{stride}" if stride > 1 else "")


def _macs(layer: Any, output: tuple[int, ...]) -> int:
    """Multiply-accumulates for one image of a convolution or a dense layer; else 0."""
    kernel = getattr(layer, "kernel", None)
    if kernel is None or not output:
        return 0
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
        return math.prod(kernel.shape) * math.prod(output[1:])
    if isinstance(layer, keras.layers.Dense):
        return int(kernel.shape[0]) * math.prod(output)
    return 0
