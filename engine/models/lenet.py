"""LeNet-5: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
recognition", 1998.

The form common today: tanh and average pooling without weights of their own, every map of the
second convolution sees all six of the first, and a linear layer stands for the RBF units.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.models.style import Style
from engine.models.task import Task

SMALLEST = 28
PAPER_SIZE = 32


class LeNet5(nn.Module):
    """Two convolutions and three linear layers: (N, channels, size, size) → (N, classes).

    A style's BN follows both convolutions, its dropout both hidden linear layers.
    """

    def __init__(self, task: Task, style: Style) -> None:
        super().__init__()
        # 28 pixels, as MNIST has them, are padded to the paper's 32.
        pad = 2 if task.size < PAPER_SIZE else 0
        normalises = style.normalises(False)
        self.conv1 = nn.Conv2d(task.channels, 6, 5, padding=pad)
        self.bn1 = nn.BatchNorm2d(6) if normalises else nn.Identity()
        self.act1 = style.activation("tanh")
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.bn2 = nn.BatchNorm2d(16) if normalises else nn.Identity()
        self.act2 = style.activation("tanh")
        self.pool2 = nn.AvgPool2d(2)
        # 5×5 is what 32 pixels leave; larger images are brought to it, so the count stays.
        large = ((task.size + 2 * pad - 4) // 2 - 4) // 2 > 5
        self.reduce = nn.AdaptiveAvgPool2d(5) if large else nn.Identity()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.act3, self.drop1 = style.activation("tanh"), style.drop(0.0)
        self.fc2 = nn.Linear(120, 84)
        self.act4, self.drop2 = style.activation("tanh"), style.drop(0.0)
        self.fc3 = nn.Linear(84, task.classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool1(self.act1(self.bn1(self.conv1(images))))  # (N, 6, 14, 14) of 32 pixels
        x = self.pool2(self.act2(self.bn2(self.conv2(x))))  # (N, 16, 5, 5)
        x = self.flatten(self.reduce(x))  # (N, 400)
        x = self.drop1(self.act3(self.fc1(x)))
        x = self.drop2(self.act4(self.fc2(x)))
        logits: Tensor = self.fc3(x)
        return logits


def lenet5(task: Task, style: Style) -> nn.Module:
    """LeNet-5. Raises UsageError below 28 pixels."""
    task.at_least(SMALLEST, "lenet5")
    return LeNet5(task, style)
