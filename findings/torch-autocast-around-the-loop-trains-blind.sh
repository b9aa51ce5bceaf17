#!/bin/sh
# Guess:   `with torch.autocast(...)` may stand around the whole training loop as well as around each forward pass:
#          the steps are then done in the same way, or an error or a warning says that they are not.
# Truth:   a cast weight is kept until the outermost autocast ends. Each forward pass after the first one uses the
#          weights of the first one: the loss of a fixed batch stays the same to the last digit for all 50 steps,
#          while the optimiser moves the real weights in one direction ever further. There is no error and no warning.
#          With cache_enabled=False, or the context around the forward pass alone, the loss falls to a tenth.
# Version: torch 2.14.1 on the CPU, bfloat16; the cache is the same on a GPU.
# Source:  aten/src/ATen/autocast_mode.cpp, `cached_cast`: leaves that need gradients are cached by their address;
#          `clear_cache` is called where the nesting ends (torch/amp/autocast_mode.py, `__exit__`).
# Matters: with other images in each batch the loss looks like that of a network that cannot learn, and who then
#          changes the learning rate looks in the wrong place. A decorator on the function that trains does the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy
"$work/venv/bin/python" -W error - <<'PYTHON'
from contextlib import nullcontext

import torch
from torch import nn
from torch.nn import functional

print("torch", torch.__version__)


def losses(around_loop, around_pass) -> list[float]:
    """The loss at each of 50 steps on one batch, then the loss of the weights that came of them."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    inputs = torch.randn(64, 8)
    labels = inputs[:, :4].argmax(1)
    found = []
    with around_loop():
        for _ in range(50):
            optimizer.zero_grad()
            with around_pass():
                loss = functional.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            found.append(loss.item())
    return [*found, functional.cross_entropy(network(inputs), labels).item()]


def cast():
    return torch.autocast("cpu", torch.bfloat16)


def cast_uncached():
    return torch.autocast("cpu", torch.bfloat16, cache_enabled=False)


rows = {
    "around each forward pass": losses(nullcontext, cast),
    "around the loop": losses(cast, nullcontext),
    "around the loop, no cache": losses(cast_uncached, nullcontext),
}
for name, row in rows.items():
    print(f"autocast {name:<26} step 1: {row[0]:.4f}, 2: {row[1]:.4f}, 50: {row[-2]:.4f}; "
          f"the network at the end: {row[-1]:.4f}")
blind = rows.pop("around the loop")
assert len(set(blind[:50])) == 1 and blind[-1] > 2 * blind[0], blind
assert all(row[-2] < row[0] / 10 and row[-1] < row[0] / 10 for row in rows.values()), rows
PYTHON
