"""ResNets for small images: He, Zhang, Ren, Sun, "Deep residual learning for image recognition",
2015, section 4.2; and the plain nets that the paper compares them with.

They have a 3×3 stem, three stages of n blocks with 16, 32 and 64 channels, and global average
pooling: 6n + 2 layers. Images may have any size. A plain net has the same layers and parameters.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions

WIDTHS = (16, 32, 64)


def conv3x3(inputs: int, outputs: int, stride: int, options: LayerOptions) -> nn.Conv2d:
    """A 3×3 convolution. It has a bias only if no batch norm follows, which has its own."""
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=not options.batch_norm(True))


def norm(channels: int, options: LayerOptions) -> nn.Module:
    return nn.BatchNorm2d(channels) if options.batch_norm(True) else nn.Identity()


class PlainBlock(nn.Module):
    """conv–BN–ReLU–conv–BN–ReLU: (N, inputs, H, W) → (N, outputs, ⌈H / stride⌉, ⌈W / stride⌉).

    Dropout, if a recipe asks for it, follows the first ReLU.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, options: LayerOptions) -> None:
        super().__init__()
        self.conv1 = conv3x3(inputs, outputs, stride, options)
        self.bn1 = norm(outputs, options)
        self.act1, self.drop1 = options.activation("relu"), options.dropout_layer(0.0)
        self.conv2 = conv3x3(outputs, outputs, 1, options)
        self.bn2 = norm(outputs, options)
        self.act2 = options.activation("relu")

    def layers(self, x: Tensor) -> Tensor:
        """The block without its last activation."""
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
    """The paper's option A, which has no parameters.

    Same width: the input itself, (N, outputs, H, W). New width: every second pixel, with channels
    of zeros added, (N, C, H, W) → (N, outputs, ⌈H / 2⌉, ⌈W / 2⌉).
    """
    more = outputs - x.shape[1]
    return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, more)) if more else x


class CifarNet(nn.Module):
    """A stem and three stages of `blocks` blocks: (N, channels, H, W) → (N, classes)."""

    def __init__(
        self, block: type[PlainBlock], blocks: int, shape: DataShape, options: LayerOptions
    ) -> None:
        super().__init__()
        narrow, middle, wide = WIDTHS
        self.conv1 = conv3x3(shape.channels, narrow, 1, options)
        self.bn1 = norm(narrow, options)
        self.act1 = options.activation("relu")
        self.layer1 = stage(block, blocks, narrow, narrow, 1, options)
        self.layer2 = stage(block, blocks, narrow, middle, 2, options)
        self.layer3 = stage(block, blocks, middle, wide, 2, options)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(wide, shape.classes)
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        x = self.layer1(self.act1(self.bn1(self.conv1(images))))  # (N, 16, 32, 32) for 32 pixels
        x = self.layer3(self.layer2(x))  # (N, 64, 8, 8)
        logits: Tensor = self.fc(self.flatten(self.pool(x)))
        return logits


def stage(
    block: type[PlainBlock],
    blocks: int,
    inputs: int,
    outputs: int,
    stride: int,
    options: LayerOptions,
) -> nn.Sequential:
    """Blocks of one width. Only the first one has the stride."""
    rest = (block(outputs, outputs, 1, options) for _ in range(blocks - 1))
    return nn.Sequential(block(inputs, outputs, stride, options), *rest)


def initialise(module: nn.Module) -> None:
    """The initialisation of He et al. 2015, "Delving deep into rectifiers", by the fan-out."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


residual = partial(
    architecture,
    family="CIFAR ResNet",
    year=2015,
    new="residual blocks for small images, shortcuts without parameters",
)
plain = partial(
    architecture,
    family="plain",
    year=2015,
    new="the same layers without shortcuts: what the shortcut cures",
)


@residual("resnet20", "ResNet-20")
def resnet20(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(ResidualBlock, 3, shape, options)


@residual("resnet32", "ResNet-32")
def resnet32(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(ResidualBlock, 5, shape, options)


@residual("resnet44", "ResNet-44")
def resnet44(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(ResidualBlock, 7, shape, options)


@residual("resnet56", "ResNet-56")
def resnet56(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(ResidualBlock, 9, shape, options)


@residual("resnet110", "ResNet-110")
def resnet110(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(ResidualBlock, 18, shape, options)


@plain("plain20", "plain-20")
def plain20(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(PlainBlock, 3, shape, options)


@plain("plain32", "plain-32")
def plain32(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(PlainBlock, 5, shape, options)


@plain("plain44", "plain-44")
def plain44(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(PlainBlock, 7, shape, options)


@plain("plain56", "plain-56")
def plain56(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(PlainBlock, 9, shape, options)


@plain("plain110", "plain-110")
def plain110(shape: DataShape, options: LayerOptions) -> nn.Module:
    return CifarNet(PlainBlock, 18, shape, options)
