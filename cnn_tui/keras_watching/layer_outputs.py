"""What layers of a Keras model return for images, wherever they are inside the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from cnn_tui.keras_watching.keras_layers import has_channels_last, named_layers

Floats = NDArray[np.float32]


class Seen(NamedTuple):
    """The model's output, and the feature maps (N, C, H, W) of the layers that returned some."""

    output: Floats
    maps: dict[str, Floats]


def model_output(model: Any, images: Any) -> Floats:
    """The model's output in inference mode; the first one, if it has several."""
    return _numpy(model(images, training=False))


def layer_outputs(model: Any, images: Any, names: Sequence[str]) -> Seen:
    """The outputs of the model and of these layers in inference mode.

    A model has no hooks, and a layer inside another model has no path to the outer inputs. So the
    layer's own `call` is wrapped while the model runs once.
    """
    layers = dict(named_layers(model))
    found: dict[str, Any] = {}
    for name in names:
        layers[name].call = _keeping(layers[name].call, found, name)
    try:
        output = model_output(model, images)
    finally:
        for name in names:
            del layers[name].call
    maps = {name: _numpy(values) for name, values in found.items()}
    return Seen(
        output,
        {name: _channels_first(layers[name], maps[name]) for name in maps if maps[name].ndim == 4},
    )


def _keeping(call: Callable[..., Any], found: dict[str, Any], name: str) -> Callable[..., Any]:
    def keep(*arguments: Any, **options: Any) -> Any:
        result = call(*arguments, **options)
        found.setdefault(name, result)
        return result

    return keep


def _channels_first(layer: Any, maps: Floats) -> Floats:
    return maps.transpose(0, 3, 1, 2) if has_channels_last(layer) else maps


def _numpy(values: Any) -> Floats:
    """The tensor, or the first of several, as float32."""
    if isinstance(values, dict):
        values = list(values.values())
    while isinstance(values, (list, tuple)):
        values = values[0]
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(values, "float32")))
