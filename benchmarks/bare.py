"""The loop that a careful person would write by hand, as what the engine is measured against.

    python -m benchmarks.bare RECIPE.toml SECONDS      a peer, see benchmarks/peer.py

The data lies on the device as uint8; loss and hits are counted there, and read once an epoch.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.peer import serve
from engine import device as devices
from engine import models, recipe
from engine.data.dataset import Images
from engine.data.loading import at_once, load
from engine.recipe import Recipe


def main() -> None:
    chosen = recipe.build(file=recipe.load(Path(sys.argv[1])))
    seconds = float(sys.argv[2])
    loop = steps(chosen)

    def measure() -> float:
        count, began = 0, time.perf_counter()
        while time.perf_counter() < began + seconds:
            next(loop)
            count += 1
        return count * chosen.batch / (time.perf_counter() - began)

    serve(measure)


def steps(chosen: Recipe) -> Iterator[None]:
    """Train without end; yields after each step."""
    data = at_once(load(chosen))
    device = devices.choose(chosen.device)
    assert isinstance(data.train, Images)
    channels, _, size = data.train.shape
    resolved = devices.resolve(chosen, device, size)
    layout = devices.MEMORY_FORMATS[resolved.memory_format]
    torch.manual_seed(chosen.seed)
    model = models.build(chosen.arch, channels, size, len(data.classes))
    model = model.to(device).to(memory_format=layout).train()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=chosen.lr,
        momentum=chosen.momentum,
        nesterov=True,
        weight_decay=chosen.weight_decay,
        fused=True,
    )
    pixels, labels = data.train.pixels.to(device), data.train.labels.to(device)
    scale = 1 / (255 * torch.tensor(data.std, device=device).view(1, -1, 1, 1))
    offset = -torch.tensor(data.mean, device=device).view(1, -1, 1, 1) * scale * 255
    while True:
        order = torch.randperm(len(labels), device=device)
        totals = torch.zeros(2, device=device)
        for step in range(len(labels) // chosen.batch):
            taken = order[step * chosen.batch : (step + 1) * chosen.batch]
            inputs = pixels[taken].float().mul_(scale).add_(offset)
            inputs = inputs.contiguous(memory_format=layout)
            targets = labels[taken]
            with devices.autocast(device, resolved.precision):
                logits = model(inputs)
            loss = F.cross_entropy(logits.float(), targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            count(totals, loss, logits, targets)
            yield
        totals.tolist()


def count(totals: Tensor, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
    totals[0] += loss.detach() * len(targets)
    totals[1] += (logits.argmax(1) == targets).sum()


if __name__ == "__main__":
    main()
