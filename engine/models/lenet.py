"""LeNet-5: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
recognition", 1998.

The form common today: tanh and average pooling without weights of their own, every map of the
second convolution sees all six of the first, and a linear layer stands for the RBF units.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.errors import UsageError
from engine.text import input_too_small

SMALLEST = 28
PAPER_SIZE = 32


class LeNet5(nn.Module):
    """Two convolutions and three linear layers: (N, channels, size, size) → (N, classes)."""

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        # 28 pixels, as MNIST has them, are padded to the paper's 32.
        pad = 2 if size < PAPER_SIZE else 0
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=pad)
        self.tanh1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.tanh2 = nn.Tanh()
        self.pool2 = nn.AvgPool2d(2)
        # 5×5 is what 32 pixels leave; larger images are brought to it, so the count stays.
        large = ((size + 2 * pad - 4) // 2 - 4) // 2 > 5
        self.reduce = nn.AdaptiveAvgPool2d(5) if large else nn.Identity()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.tanh3 = nn.Tanh()
        self.fc2 = nn.Linear(120, 84)
        self.tanh4 = nn.Tanh()
        self.fc3 = nn.Linear(84, classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool1(self.tanh1(self.conv1(images)))  # (N, 6, 14, 14) of 32 pixels
        x = self.pool2(self.tanh2(self.conv2(x)))  # (N, 16, 5, 5)
        x = self.flatten(self.reduce(x))  # (N, 400)
        x = self.tanh4(self.fc2(self.tanh3(self.fc1(x))))
        logits: Tensor = self.fc3(x)
        return logits


def lenet5(channels: int, size: int, classes: int) -> nn.Module:
    """LeNet-5. Raises UsageError below 28 pixels."""
    if size < SMALLEST:
        raise UsageError(input_too_small("lenet5", SMALLEST, size))
    return LeNet5(channels, size, classes)
