"""The computation of a model on a device: precision, memory format, compilation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnn_tui.model_outputs import logits_of
from engine.devices import plain_tensors

MEMORY_FORMATS = {
    "contiguous": torch.contiguous_format,
    "channels-last": torch.channels_last,
}
PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Mixed precision for one forward pass; does nothing in float32."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def placed(model: nn.Module, device: torch.device, memory_format: str) -> nn.Module:
    """The model itself on a device, with all tensors that it keeps, in this memory format."""
    model.to(device).to(memory_format=MEMORY_FORMATS[memory_format])
    plain_tensors.move(model, device)
    return model


class Judge(NamedTuple):
    """How images are judged: the same way where they are counted and where they are shown.

    `mirrored` averages the logits of each image and of its mirror image.
    """

    device: torch.device
    precision: str = "float32"
    mirrored: bool = False

    @torch.no_grad()
    def logits(self, model: nn.Module, images: Tensor) -> Tensor:
        """The logits (N, classes) of normalised images (N, C, H, W), by a model in eval mode."""
        with autocast(self.device, self.precision):
            logits = logits_of(model(images))
            if self.mirrored:
                return (logits + logits_of(model(images.flip(3)))) / 2
            return logits


def compiled(model: nn.Module) -> Callable[[Tensor], object]:
    """A compiled version of the model that shares its parameters; the first call compiles it.

    Call it from one thread, and with no hooks on the model: the compiler includes hooks that it
    finds and ignores later ones.
    """
    return torch.compile(model)
