"""The weights alone as safetensors, a format without code."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import safetensors.torch
from torch import Tensor

from engine.export.deployment import Deployment
from engine.export.network_facts import facts, strings
from engine.export.plain_weights import plain_weights


def reader() -> str:
    return f"safetensors {version('safetensors')}"


def content(deployment: Deployment) -> bytes:
    """The bytes of the file."""
    weights = plain_weights(deployment.network.model)
    return safetensors.torch.save(weights, metadata=strings(facts(deployment)))


def logits(path: Path, deployment: Deployment, batches: list[Tensor]) -> list[Tensor]:
    """What the network computes for each batch of pixels uint8 with the weights of the file."""
    weights = safetensors.torch.load_file(path)
    return [deployment.logits_with(weights, pixels) for pixels in batches]
