"""The depth of a network: the convolutions and linear layers between image and logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.model_copy import compute_on_copy, image_for
from cnn_tui.model_outputs import logits_of
from cnn_tui.tensor_trace import TensorTrace

_LAYERS = (F.conv2d, F.linear)


def network_depth(model: nn.Module, channels: int, size: int) -> int:
    """The number of layers on the longest path from an image (channels, size, size) to the logits.

    Counts as papers do: neither the projection of a shortcut nor the gate of a squeeze-and-
    excitation block (Hu et al. 2018) adds to the depth.
    """
    return compute_on_copy(model, image_for(model, channels, size), _depth)


def _depth(shadow: nn.Module, image: Tensor) -> int:
    depths = _Depths(image, 0)
    with torch.no_grad(), depths:
        output = shadow(image)
    return depths.value(logits_of(output)) or 0


class _Depths(TensorTrace[int]):
    """While active, counts the layers behind each tensor."""

    def after(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        inputs: list[tuple[Tensor, int]],
        result: Any,
    ) -> int:
        shape = getattr(result, "shape", None)
        # A gate is smaller than the maps that it scales: the path of the maps counts.
        paths = [depth for tensor, depth in inputs if tensor.shape == shape]
        return max(paths or [depth for _, depth in inputs]) + (func in _LAYERS)
