"""The weights alone as PyTorch saves them, in a file that loads as plain values."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch import Tensor

from engine.export.deployment import Deployment
from engine.export.network_facts import facts
from engine.export.plain_weights import plain_weights

WEIGHTS = "state_dict"


def reader() -> str:
    return f"torch {torch.__version__}"


def content(deployment: Deployment) -> memoryview:
    """The bytes of the file."""
    written = io.BytesIO()
    weights = plain_weights(deployment.network.model)
    torch.save({**facts(deployment), WEIGHTS: weights}, written)
    return written.getbuffer()


def logits(path: Path, deployment: Deployment, batches: list[Tensor]) -> list[Tensor]:
    """What the network computes for each batch of pixels uint8 with the weights of the file."""
    weights = torch.load(path, weights_only=True)[WEIGHTS]
    return [deployment.logits_with(weights, pixels) for pixels in batches]
