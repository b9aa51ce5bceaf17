"""The weights of a network in the form that every reader takes."""

from __future__ import annotations

from torch import Tensor, nn


def plain_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights and buffers by name: contiguous, with memory of their own."""
    return {
        name: tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()
    }
