"""The loop of `benchmarks/bare.py` as a watched script: the same steps, and `run.step` after each.

    python -m benchmarks.watched RECIPE.toml SECONDS RUNS      a peer, see benchmarks/peer.py

Its run is in the folder RUNS. It counts loss and hits by itself as well, as people's scripts do.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import cnn_tui
from benchmarks.bare import Loop, count
from benchmarks.peer import serve
from engine.devices import forward_pass
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields

NAME, EPOCHS = "watched", 100_000


def main() -> None:
    chosen = build_recipe(file=read_fields(Path(sys.argv[1])))
    seconds, runs = float(sys.argv[2]), sys.argv[3]
    loop = steps(chosen, runs)

    def measure() -> float:
        taken, began = 0, time.perf_counter()
        while time.perf_counter() < began + seconds:
            next(loop)
            taken += 1
        return taken * chosen.batch / (time.perf_counter() - began)

    serve(measure)


def steps(chosen: Recipe, runs: str) -> Iterator[None]:
    """Train; yields after each step."""
    loop = Loop(chosen)
    images, labels = next(iter(loop))
    data = DataLoader(TensorDataset(images, labels), len(labels))
    with cnn_tui.watch(
        loop.model, loop.optimizer, name=NAME, epochs=EPOCHS, data=data, runs_dir=runs
    ) as run:
        for _ in run.epochs():
            totals = torch.zeros(2, device=loop.device)
            for inputs, targets in run.batches(loop):
                with forward_pass.autocast(loop.device, loop.precision):
                    logits = loop.model(inputs)
                loss = F.cross_entropy(logits.float(), targets)
                loop.optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                loop.optimizer.step()
                count(totals, loss, logits, targets)
                run.step(loss=loss, logits=logits, labels=targets)
                yield
            totals.tolist()


if __name__ == "__main__":
    main()
