"""The loop that a careful person would write by hand, as what the engine is measured against.

    python -m benchmarks.bare RECIPE.toml      prints images a second

The data lies on the device as uint8; loss and hits are counted there, and read once an epoch.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import device as devices
from engine import models, recipe
from engine.data.dataset import Images
from engine.data.loading import at_once, load


def main() -> None:
    chosen = recipe.build(file=recipe.load(Path(sys.argv[1])))
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
    steps = len(labels) // chosen.batch
    images, seconds = 0, 0.0
    for epoch in range(chosen.epochs):
        began = time.perf_counter()
        order = torch.randperm(len(labels), device=device)
        totals = torch.zeros(2, device=device)
        for step in range(steps):
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
        totals.tolist()
        if epoch:
            images += steps * chosen.batch
            seconds += time.perf_counter() - began
    print(images / seconds)


def count(totals: Tensor, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
    totals[0] += loss.detach() * len(targets)
    totals[1] += (logits.argmax(1) == targets).sum()


if __name__ == "__main__":
    main()
