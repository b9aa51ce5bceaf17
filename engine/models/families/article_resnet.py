"""The small residual net of a Keras tutorial, with Keras' initialisation and constants.

Its stride-2 convolutions pad by one pixel on every side. Keras pads an even input only on the right
and below. The shapes and the parameters are the same.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions

POOL = 4

# Keras' momentum of 0.99 weighs the old statistics, PyTorch's momentum weighs the new ones.
BN_EPS = 1e-3
BN_MOMENTUM = 0.01


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)


def norm(
    features: int, options: LayerOptions, kind: type[_BatchNorm] = nn.BatchNorm2d
) -> nn.Module:
    if not options.batch_norm(True):
        return nn.Identity()
    return kind(features, eps=BN_EPS, momentum=BN_MOMENTUM)


class Block(nn.Module):
    """conv–BN–ReLU–conv–BN, plus the shortcut, then ReLU.

    (N, inputs, H, W) → (N, outputs, ⌈H / stride⌉, ⌈W / stride⌉). With stride 1 the shortcut is the
    input itself, else a 1×1 convolution and BN.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, options: LayerOptions) -> None:
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn1 = norm(outputs, options)
        self.act1 = options.activation("relu")
        self.shortcut = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(conv(inputs, outputs, 1, stride), norm(outputs, options))
        )
        self.conv2 = conv(outputs, outputs, 3)
        self.bn2 = norm(outputs, options)
        self.act2 = options.activation("relu")

    def forward(self, x: Tensor) -> Tensor:
        residual = self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x)))))
        residual += self.shortcut(x)
        out: Tensor = self.act2(residual)
        return out


class ArticleResNet(nn.Module):
    """A stem, six blocks and a head with one hidden layer: (N, C, size, size) → (N, classes).

    Dropout follows the hidden layer, with a rate of 0.5 by default.
    """

    def __init__(self, shape: DataShape, options: LayerOptions) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv(shape.channels, 32, 3), norm(32, options), options.activation("relu")
        )
        self.blocks = nn.Sequential(
            Block(32, 32, 1, options),
            Block(32, 32, 1, options),
            Block(32, 64, 2, options),
            Block(64, 64, 1, options),
            Block(64, 128, 2, options),
            Block(128, 128, 1, options),
        )
        self.pool = nn.AvgPool2d(POOL)
        self.flatten = nn.Flatten()
        side = -(-shape.size // 4) // POOL  # 2 for 32 pixels
        self.head = nn.Sequential(
            nn.Linear(128 * side * side, 256),
            norm(256, options, nn.BatchNorm1d),
            options.activation("relu"),
            options.dropout_layer(0.5),
            nn.Linear(256, shape.classes),
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


@architecture(
    "article-resnet",
    "article ResNet",
    family="article ResNet",
    year=2025,
    new="a small residual net from a Keras tutorial",
    smallest=13,  # two strides of 2 must leave the 4×4 that the pooling takes
)
def article_resnet(shape: DataShape, options: LayerOptions) -> nn.Module:
    return ArticleResNet(shape, options)
