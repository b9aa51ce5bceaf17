"""Feature maps: the outputs of layers for one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.model_outputs import logits_of
from cnn_tui.nested_tensors import first_tensor


class FeatureMaps(NamedTuple):
    """A layer's output for one image.

    `shape` is (C, H, W). `grids` holds the first channels, reduced: (channels, height, width)
    float32.
    """

    shape: tuple[int, ...]
    grids: Tensor


class Recording(NamedTuple):
    """The logits (classes,) float32 for one image, and the feature maps by layer."""

    logits: Tensor
    layers: dict[str, FeatureMaps]


def default_layers(model: nn.Module) -> tuple[str, ...]:
    """The names of the first two convolutions and of the last convolution."""
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    return tuple(dict.fromkeys([*names[:2], *names[-1:]]))


def record_feature_maps(
    model: nn.Module, image: Tensor, names: Sequence[str], channels: int, side: int
) -> Recording:
    """The logits and the feature maps (1, C, H, W) of the named layers for an image (1, C, H, W).

    Raises TypeError if the model returns no tensor. Otherwise as `record_layers`.
    """
    output, layers = record_layers(model, image, names, channels, side)
    return Recording(logits_of(output)[0].float(), layers)


def record_layers(
    model: nn.Module, image: Tensor, names: Sequence[str], channels: int, side: int
) -> tuple[object, dict[str, FeatureMaps]]:
    """What the model returns for an image (1, C, H, W), and the feature maps of the named layers.

    Keeps the first `channels` channels of each layer, averaged to at most (side, side). Runs in
    evaluation mode. Leaves modes, BN statistics and random state unchanged. All tensors stay on the
    device.

    Where a layer returns several tensors, the first one counts.
    """
    layers: dict[str, FeatureMaps] = {}
    hooks = [
        model.get_submodule(name).register_forward_hook(_record(name, layers, channels, side))
        for name in names
    ]
    try:
        with evaluation_mode(model), torch.no_grad():
            output = model(image)
    finally:
        for hook in hooks:
            hook.remove()
    return output, {name: layers[name] for name in names}


def _record(
    name: str, layers: dict[str, FeatureMaps], channels: int, side: int
) -> Callable[[nn.Module, object, object], None]:
    def record(module: nn.Module, inputs: object, output: object) -> None:
        maps = first_tensor(output)
        assert maps is not None, "the caller names layers with feature maps"
        # Read the output now, because an in-place activation may overwrite it.
        layers[name] = FeatureMaps(tuple(maps.shape[1:]), _reduced(maps[0, :channels], side))

    return record


def _reduced(maps: Tensor, side: int) -> Tensor:
    """Maps (C, H, W) averaged to at most (side, side), float32."""
    height, width = maps.shape[1:]
    return F.adaptive_avg_pool2d(maps.float(), (min(height, side), min(width, side)))
