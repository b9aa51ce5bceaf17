"""LeNet-5: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
recognition", 1998.

This is the form common today: tanh and average pooling have no weights, every map of the second
convolution sees all six maps of the first, and a linear layer replaces the RBF units.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions

PAPER_SIZE = 32


class LeNet5(nn.Module):
    """Two convolutions and three linear layers: (N, channels, size, size) → (N, classes).

    If a recipe asks for them, batch norm follows both convolutions, and dropout follows both hidden
    linear layers.
    """

    def __init__(self, shape: DataShape, options: LayerOptions) -> None:
        super().__init__()
        # MNIST's 28 pixels are padded to the 32 of the paper.
        pad = 2 if shape.size < PAPER_SIZE else 0
        normalises = options.batch_norm(False)
        self.conv1 = nn.Conv2d(shape.channels, 6, 5, padding=pad)
        self.bn1 = nn.BatchNorm2d(6) if normalises else nn.Identity()
        self.act1 = options.activation("tanh")
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.bn2 = nn.BatchNorm2d(16) if normalises else nn.Identity()
        self.act2 = options.activation("tanh")
        self.pool2 = nn.AvgPool2d(2)
        # 32 pixels end as maps of 5×5. Larger maps are pooled to 5×5, so parameters stay the same.
        large = ((shape.size + 2 * pad - 4) // 2 - 4) // 2 > 5
        self.reduce = nn.AdaptiveAvgPool2d(5) if large else nn.Identity()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.act3, self.drop1 = options.activation("tanh"), options.dropout_layer(0.0)
        self.fc2 = nn.Linear(120, 84)
        self.act4, self.drop2 = options.activation("tanh"), options.dropout_layer(0.0)
        self.fc3 = nn.Linear(84, shape.classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool1(self.act1(self.bn1(self.conv1(images))))  # (N, 6, 14, 14) for 32 pixels
        x = self.pool2(self.act2(self.bn2(self.conv2(x))))  # (N, 16, 5, 5)
        x = self.flatten(self.reduce(x))  # (N, 400)
        x = self.drop1(self.act3(self.fc1(x)))
        x = self.drop2(self.act4(self.fc2(x)))
        logits: Tensor = self.fc3(x)
        return logits


@architecture(
    "lenet5",
    "LeNet-5",
    family="LeNet",
    year=1998,
    new="the CNN itself: convolution, pooling, fully connected",
    smallest=28,
)
def lenet5(shape: DataShape, options: LayerOptions) -> nn.Module:
    return LeNet5(shape, options)
