"""ResNets for small images: He, Zhang, Ren, Sun, "Deep residual learning for image recognition",
2015, section 4.2; and their plain twins, which the paper compares them with.

A 3×3 stem, three stages of n blocks with 16, 32 and 64 channels, and global average pooling:
6n + 2 layers. Images may be of any size. A twin has the same layers and parameters.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.style import Style
from engine.models.task import Task

WIDTHS = (16, 32, 64)


def conv3x3(inputs: int, outputs: int, stride: int, style: Style) -> nn.Conv2d:
    """A bias only where no BN follows, which has its own."""
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=not style.normalises(True))


def norm(channels: int, style: Style) -> nn.Module:
    return nn.BatchNorm2d(channels) if style.normalises(True) else nn.Identity()


class PlainBlock(nn.Module):
    """conv–BN–ReLU–conv–BN–ReLU: (N, inputs, H, W) → (N, outputs, ⌈H / stride⌉, ⌈W / stride⌉).

    A style's dropout follows the first ReLU.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, style: Style) -> None:
        super().__init__()
        self.conv1 = conv3x3(inputs, outputs, stride, style)
        self.bn1 = norm(outputs, style)
        self.act1, self.drop1 = style.activation("relu"), style.drop(0.0)
        self.conv2 = conv3x3(outputs, outputs, 1, style)
        self.bn2 = norm(outputs, style)
        self.act2 = style.activation("relu")

    def layers(self, x: Tensor) -> Tensor:
        """What the block computes before its last activation."""
        x = self.drop1(self.act1(self.bn1(self.conv1(x))))
        out: Tensor = self.bn2(self.conv2(x))
        return out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act2(self.layers(x))
        return out


class ResidualBlock(PlainBlock):
    """The plain block, with its input added before the last ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        residual = self.layers(x)
        residual += shortcut(x, residual.shape[1])
        out: Tensor = self.act2(residual)
        return out


def shortcut(x: Tensor, outputs: int) -> Tensor:
    """The input itself, or at a new width every second pixel, with channels of zeros (option A).

    (N, C, H, W) → (N, outputs, H, W) or (N, outputs, ⌈H / 2⌉, ⌈W / 2⌉), without parameters.
    """
    more = outputs - x.shape[1]
    return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, more)) if more else x


class CifarNet(nn.Module):
    """A stem and three stages of so many blocks each: (N, channels, H, W) → (N, classes)."""

    def __init__(self, block: type[PlainBlock], blocks: int, task: Task, style: Style) -> None:
        super().__init__()
        narrow, middle, wide = WIDTHS
        self.conv1 = conv3x3(task.channels, narrow, 1, style)
        self.bn1 = norm(narrow, style)
        self.act1 = style.activation("relu")
        self.layer1 = stage(block, blocks, narrow, narrow, 1, style)
        self.layer2 = stage(block, blocks, narrow, middle, 2, style)
        self.layer3 = stage(block, blocks, middle, wide, 2, style)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(wide, task.classes)
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        x = self.layer1(self.act1(self.bn1(self.conv1(images))))  # (N, 16, 32, 32) of 32 pixels
        x = self.layer3(self.layer2(x))  # (N, 64, 8, 8)
        logits: Tensor = self.fc(self.flatten(self.pool(x)))
        return logits


def stage(
    block: type[PlainBlock], blocks: int, inputs: int, outputs: int, stride: int, style: Style
) -> nn.Sequential:
    """So many blocks of one width, the first of them with the stride."""
    rest = (block(outputs, outputs, 1, style) for _ in range(blocks - 1))
    return nn.Sequential(block(inputs, outputs, stride, style), *rest)


def initialise(module: nn.Module) -> None:
    """He et al. 2015, "Delving deep into rectifiers", by the fan-out."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def resnet20(task: Task, style: Style) -> nn.Module:
    return CifarNet(ResidualBlock, 3, task, style)


def resnet32(task: Task, style: Style) -> nn.Module:
    return CifarNet(ResidualBlock, 5, task, style)


def resnet44(task: Task, style: Style) -> nn.Module:
    return CifarNet(ResidualBlock, 7, task, style)


def resnet56(task: Task, style: Style) -> nn.Module:
    return CifarNet(ResidualBlock, 9, task, style)


def resnet110(task: Task, style: Style) -> nn.Module:
    return CifarNet(ResidualBlock, 18, task, style)


def plain20(task: Task, style: Style) -> nn.Module:
    return CifarNet(PlainBlock, 3, task, style)


def plain32(task: Task, style: Style) -> nn.Module:
    return CifarNet(PlainBlock, 5, task, style)


def plain44(task: Task, style: Style) -> nn.Module:
    return CifarNet(PlainBlock, 7, task, style)


def plain56(task: Task, style: Style) -> nn.Module:
    return CifarNet(PlainBlock, 9, task, style)


def plain110(task: Task, style: Style) -> nn.Module:
    return CifarNet(PlainBlock, 18, task, style)
