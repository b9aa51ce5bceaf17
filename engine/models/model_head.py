"""The head of a model: the layer that makes the logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.model_copy import compute_on_copy, image_for
from cnn_tui.model_outputs import logits_of
from cnn_tui.tensor_trace import TensorTrace

# Functions that compute new values from all values of their input. Other functions with weights,
# such as a norm or a scale, keep the shape of what they change.
MIXING = (
    *(F.linear, F.bilinear, F.conv1d, F.conv2d, F.conv_transpose2d, torch.einsum),
    *(torch.matmul, torch.mm, torch.addmm, torch.bmm, Tensor.matmul, Tensor.mm),
    *(Tensor.__matmul__, Tensor.__rmatmul__),
)


def head_weights(model: nn.Module, channels: int, size: int) -> set[str]:
    """The names of the parameters and buffers of the head, as in the model's `state_dict`.

    The head makes the logits of an image (channels, size, size), wherever the model defines it.
    Norms, scales and biases of the logits belong to it; logits that are a sum or a concatenation
    have several layers as head. Where the forward pass cannot be followed, as in TorchScript, the
    layer that was defined last counts.
    """
    names = compute_on_copy(
        model, image_for(model, channels, size), _nearest_to_logits
    ) or _defined_last(model)
    owners = {name.rpartition(".")[0] for name in names} - {""}
    buffers = (name for name, _ in model.named_buffers() if name.rpartition(".")[0] in owners)
    return {*names, *buffers}


def head_parameters(model: nn.Module, channels: int, size: int) -> set[nn.Parameter]:
    """The parameters of the head; see `head_weights`."""
    names = head_weights(model, channels, size)
    return {parameter for name, parameter in model.named_parameters() if name in names}


def _nearest_to_logits(shadow: nn.Module, image: Tensor) -> frozenset[str]:
    sources = _Sources(shadow, image)
    with torch.no_grad(), sources:
        output = shadow(image)
    source = sources.value(logits_of(output))
    return source.weights if source else frozenset()


def _defined_last(model: nn.Module) -> frozenset[str]:
    *_, last = (n for n, m in model.named_modules() if [*m.parameters(recurse=False)])
    parameters = model.get_submodule(last).named_parameters(recurse=False)
    return frozenset(f"{last}.{name}" if last else name for name, _ in parameters)


class Source(NamedTuple):
    """What a tensor was computed from: the image or not, and the weights that it met last."""

    of_image: bool
    weights: frozenset[str]


class _Sources(TensorTrace[Source]):
    """While active, finds the source of each tensor."""

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        super().__init__(image, Source(True, frozenset()))
        for name, parameter in model.named_parameters():
            self._traced[id(parameter)] = parameter, Source(False, frozenset([name]))

    def after(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        inputs: list[tuple[Tensor, Source]],
        result: Any,
    ) -> Source:
        images = [(tensor.shape, source) for tensor, source in inputs if source.of_image]
        weights = frozenset().union(*(s.weights for _, s in inputs if not s.of_image))
        shape = getattr(result, "shape", None)
        if not (weights and (func in MIXING or all(shape != other for other, _ in images))):
            weights = weights.union(*(source.weights for _, source in images))
        return Source(bool(images), weights)
