"""A training loop as a careful person would write it by hand; the engine is compared with it.

    python -m benchmarks.bare RECIPE.toml SECONDS      a peer, see benchmarks/peer.py

The data is on the device as uint8. Loss and hits are summed there, and read once per epoch.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD

from benchmarks.peer import serve
from engine.data.base.dataset import Images
from engine.data.loading import load, load_at_once
from engine.devices import device as devices
from engine.devices import device_resolution, forward_pass
from engine.models import registry
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields


def main() -> None:
    chosen = build_recipe(file=read_fields(Path(sys.argv[1])))
    seconds = float(sys.argv[2])
    loop = steps(chosen)

    def measure() -> float:
        count, began = 0, time.perf_counter()
        while time.perf_counter() < began + seconds:
            next(loop)
            count += 1
        return count * chosen.batch / (time.perf_counter() - began)

    serve(measure)


class Loop:
    """A model in training mode, its optimiser, and the batches of an epoch."""

    def __init__(self, chosen: Recipe) -> None:
        data = load_at_once(load(chosen))
        assert isinstance(data.train, Images)
        channels, _, size = data.train.shape
        self.device = device = devices.choose(chosen.device)
        resolved = device_resolution.resolve(chosen, device, size)
        self.precision, self.batch = resolved.precision, chosen.batch
        self._layout = forward_pass.MEMORY_FORMATS[resolved.memory_format]
        torch.set_num_threads(resolved.threads)
        torch.manual_seed(chosen.seed)
        model = registry.build(chosen.arch, channels, size, len(data.classes))
        self.model: nn.Module = model.to(device).to(memory_format=self._layout).train()
        self.optimizer = SGD(
            self.model.parameters(),
            lr=chosen.lr,
            momentum=chosen.momentum,
            nesterov=True,
            weight_decay=chosen.weight_decay,
            fused=True,
        )
        self._pixels, self._labels = data.train.pixels.to(device), data.train.labels.to(device)
        self._scale = 1 / (255 * torch.tensor(data.std, device=device).view(1, -1, 1, 1))
        mean = torch.tensor(data.mean, device=device).view(1, -1, 1, 1)
        self._offset = -mean * self._scale * 255

    def __len__(self) -> int:
        return len(self._labels) // self.batch

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of an epoch: (N, C, H, W) float32 with labels (N,)."""
        order = torch.randperm(len(self._labels), device=self.device)
        for step in range(len(self)):
            taken = order[step * self.batch : (step + 1) * self.batch]
            inputs = self._pixels[taken].float().mul_(self._scale).add_(self._offset)
            yield inputs.contiguous(memory_format=self._layout), self._labels[taken]


def steps(chosen: Recipe) -> Iterator[None]:
    """Train without end; yields after each step."""
    loop = Loop(chosen)
    while True:
        totals = torch.zeros(2, device=loop.device)
        for inputs, targets in loop:
            with forward_pass.autocast(loop.device, loop.precision):
                logits = loop.model(inputs)
            loss = F.cross_entropy(logits.float(), targets)
            loop.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            loop.optimizer.step()
            count(totals, loss, logits, targets)
            yield
        totals.tolist()


def count(totals: Tensor, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
    totals[0] += loss.detach() * len(targets)
    totals[1] += (logits.argmax(1) == targets).sum()


if __name__ == "__main__":
    main()
