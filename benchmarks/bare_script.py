"""A training script as a careful person would write it: LeNet-5 on the digits, and nothing else.

    python benchmarks/bare_script.py DIGITS.csv.gz [DEVICE]

It prints a line after each of its first two steps. It imports nothing of this project: with it,
`benchmarks/start.py` and `benchmarks/gpu_first_step.py` compare how long a start takes.
"""

from __future__ import annotations

import gzip
import sys

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LeNet5(nn.Module):
    """(N, 1, 32, 32) → (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 120),
            nn.Tanh(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(images)
        return logits


def digits(file: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 32, 32) float32 from 0 to 1, and labels (N,)."""
    with gzip.open(file, "rt") as lines:
        table = torch.tensor([[int(value) for value in line.split(",")] for line in lines])
    images = table[:, :-1].float().view(-1, 1, 8, 8) / 16
    return F.interpolate(images, size=(32, 32), mode="bilinear"), table[:, -1]


def main() -> None:
    device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
    torch.manual_seed(0)
    images, labels = (part.to(device) for part in digits(sys.argv[1]))
    model = LeNet5().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    for step, taken in enumerate(torch.randperm(len(images))[:128].view(2, 64), 1):
        loss = F.cross_entropy(model(images[taken]), labels[taken])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        print(f"step {step} loss {loss.item():.3f}", flush=True)


if __name__ == "__main__":
    main()
