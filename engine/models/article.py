"""The small residual net of a Keras tutorial, with Keras' initialisation and constants.

Its stride-2 convolutions are padded by one pixel on every side, where Keras pads an even input
on the right and below only: the shapes and the parameters are the same.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.errors import UsageError
from engine.text import input_too_small

# Two strides of 2 must leave the 4×4 that the pooling takes.
SMALLEST = 13
POOL = 4

# Keras' momentum of 0.99 is the share that stays, PyTorch's the share that is new.
BN_EPS = 1e-3
BN_MOMENTUM = 0.01


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BN_EPS, momentum=BN_MOMENTUM)


class Block(nn.Module):
    """conv–BN–ReLU–conv–BN, plus the shortcut, then ReLU.

    (N, inputs, H, W) → (N, outputs, ⌈H / stride⌉, ⌈W / stride⌉); with a stride the shortcut is a
    1×1 convolution and BN, else the input itself.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn1 = norm(outputs)
        self.relu1 = nn.ReLU()
        self.shortcut = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(conv(inputs, outputs, 1, stride), norm(outputs))
        )
        self.conv2 = conv(outputs, outputs, 3)
        self.bn2 = norm(outputs)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        residual = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        out: Tensor = self.relu2(residual + self.shortcut(x))
        return out


class ArticleResNet(nn.Module):
    """A stem, six blocks and a head with one hidden layer: (N, C, size, size) → (N, classes)."""

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv(channels, 32, 3), norm(32), nn.ReLU())
        self.blocks = nn.Sequential(
            Block(32, 32, 1),
            Block(32, 32, 1),
            Block(32, 64, 2),
            Block(64, 64, 1),
            Block(64, 128, 2),
            Block(128, 128, 1),
        )
        self.pool = nn.AvgPool2d(POOL)
        self.flatten = nn.Flatten()
        side = -(-size // 4) // POOL  # 2 of 32 pixels
        self.head = nn.Sequential(
            nn.Linear(128 * side * side, 256),
            nn.BatchNorm1d(256, eps=BN_EPS, momentum=BN_MOMENTUM),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, classes),
        )
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        x = self.blocks(self.stem(images))  # (N, 128, ⌈size / 4⌉, ⌈size / 4⌉)
        logits: Tensor = self.head(self.flatten(self.pool(x)))
        return logits


def initialise(module: nn.Module) -> None:
    """Keras' defaults: Glorot-uniform kernels (Glorot & Bengio 2010), zero biases."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        assert module.bias is not None
        nn.init.zeros_(module.bias)


def article_resnet(channels: int, size: int, classes: int) -> nn.Module:
    """The tutorial's net. Raises UsageError below 13 pixels."""
    if size < SMALLEST:
        raise UsageError(input_too_small("article-resnet", SMALLEST, size))
    return ArticleResNet(channels, size, classes)
