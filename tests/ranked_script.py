"""A script of two ranks, for tests: `ranked_script.py RANK STORE EPOCHS [REDUCE]`.

It prints how many steps it has trained. The loss of each rank is its number.
"""

from __future__ import annotations

import sys

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

import cnn_tui

STEPS, IMAGES = 200, 8


def main() -> None:
    rank, store, epochs, *reduce = sys.argv[1:]
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{store}", rank=int(rank), world_size=2
    )
    model = DistributedDataParallel(nn.Linear(4, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with cnn_tui.watch(
        model, optimizer, name="ranks", epochs=int(epochs), reduce=reduce[0] if reduce else None
    ) as run:
        steps = run.resume()
        for _ in run.epochs():
            for images in run.batches([torch.ones(IMAGES, 4)] * STEPS):
                optimizer.zero_grad()
                model(images).square().mean().backward()
                optimizer.step()
                run.step(loss=torch.tensor(float(rank)))
                run.log(rank=float(rank))
                steps += 1
    sys.stdout.write(f"{steps}\n")
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
