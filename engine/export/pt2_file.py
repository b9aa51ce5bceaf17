"""PyTorch's own format of a recorded computation, which `torch.export.load` reads."""

from __future__ import annotations

import io
import json
from pathlib import Path

import torch
from torch import Tensor

from engine.export.deployment import Deployment
from engine.export.network_facts import facts
from engine.export.traced_network import traced

# The name of the file in the archive with what is known about the network.
FACTS = "network.json"


def reader() -> str:
    return f"torch {torch.__version__}"


def content(deployment: Deployment) -> memoryview:
    """The bytes of the file. Raises RunError where the network cannot be exported."""
    written = io.BytesIO()
    about = json.dumps(facts(deployment), ensure_ascii=False, indent=2)
    torch.export.save(traced(deployment, "pt2"), written, extra_files={FACTS: about})
    return written.getbuffer()


def logits(path: Path, deployment: Deployment, batches: list[Tensor]) -> list[Tensor]:
    """What the file computes for each batch (N, C, size, size) of pixels uint8."""
    with path.open("rb") as file:
        module = torch.export.load(file).module()
    return [module(deployment.images(pixels)) for pixels in batches]
