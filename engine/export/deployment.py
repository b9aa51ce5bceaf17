"""A trained network as other programs use it: with what they must know about it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnn_tui.independent_copy import evaluating_copy
from cnn_tui.model_outputs import logits_of
from engine.devices.forward_pass import Judge
from engine.trained.trained_network import TrainedNetwork

CPU = torch.device("cpu")


class PixelNetwork(nn.Module):
    """Logits (N, classes) of images (N, C, size, size), float32 from 0 to 1.

    It normalises them, and where `mirrored` it averages the logits of each and of its mirror image.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: TrainedNetwork) -> None:
        super().__init__()
        self.model, self.mirrored = network.model, network.recipe.tta
        given = network.described.input
        self.register_buffer("mean", torch.tensor(given.mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(given.std).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        normalised = (images - self.mean) / self.std
        logits = logits_of(self.model(normalised))
        if not self.mirrored:
            return logits.float()
        return ((logits + logits_of(self.model(normalised.flip(3)))) / 2).float()


class BareNetwork(nn.Module):
    """Logits (N, classes) of normalised images (N, C, size, size), float32."""

    def __init__(self, network: TrainedNetwork) -> None:
        super().__init__()
        self.model = network.model

    def forward(self, images: Tensor) -> Tensor:
        return logits_of(self.model(images)).float()


@dataclass(frozen=True, eq=False)
class Deployment:
    """A network on the CPU in evaluation mode, and whether its users get it bare (`raw`)."""

    network: TrainedNetwork
    raw: bool

    @functools.cached_property
    def module(self) -> nn.Module:
        """The network with the input and the output that a file promises."""
        return (BareNetwork if self.raw else PixelNetwork)(self.network).eval()

    def images(self, pixels: Tensor) -> Tensor:
        """What the module takes for pixels (N, C, size, size) uint8."""
        if self.raw:
            return self.network.normalise(pixels).contiguous()
        return pixels.float() / 255

    def logits(self, pixels: Tensor) -> Tensor:
        """The logits (N, classes) of pixels (N, C, size, size) uint8, computed as by the run."""
        return self._logits(self.network.model, pixels)

    def logits_with(self, weights: dict[str, Tensor], pixels: Tensor) -> Tensor:
        """The same by a copy of the network that knows these weights alone. Raises RuntimeError."""
        model = evaluating_copy(self.network.model)
        for tensor in model.state_dict().values():
            tensor.fill_(torch.nan if tensor.is_floating_point() else 0)
        model.load_state_dict(weights)
        return self._logits(model, pixels)

    def _logits(self, model: nn.Module, pixels: Tensor) -> Tensor:
        mirrored = not self.raw and self.network.recipe.tta
        judge = Judge(CPU, mirrored=mirrored)
        return judge.logits(model, self.network.normalise(pixels)).float()
