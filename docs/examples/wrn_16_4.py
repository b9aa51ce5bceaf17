"""Wide ResNet-16-4: Zagoruyko, Komodakis, "Wide residual networks", 2016.

To add it, put this file into `engine/models/families/`, its name, "wrn_16_4", into `FAMILIES` of
`engine/models/registry.py`, and run `make catalog`.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions


def conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return conv


class Block(nn.Module):
    """BN–ReLU–conv–BN–ReLU–conv, plus the input: (N, inputs, H, W) → (N, outputs, H/s, W/s)."""

    def __init__(self, inputs: int, outputs: int, stride: int, options: LayerOptions) -> None:
        super().__init__()
        self.bn1, self.act1 = nn.BatchNorm2d(inputs), options.activation("relu")
        self.conv1 = conv3x3(inputs, outputs, stride)
        self.bn2, self.act2 = nn.BatchNorm2d(outputs), options.activation("relu")
        self.dropout = options.dropout_layer(0.0)
        self.conv2 = conv3x3(outputs, outputs)
        same = inputs == outputs
        self.shortcut = None if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act1(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(out)
        residual: Tensor = self.conv2(self.dropout(self.act2(self.bn2(self.conv1(out)))))
        return shortcut + residual


@architecture(
    "wrn-16-4", "WRN-16-4", family="Wide ResNet", year=2016, new="wide and shallow residual nets"
)
def wrn_16_4(shape: DataShape, options: LayerOptions) -> nn.Module:
    """(N, channels, H, W) → (N, classes). Four times as wide as the ResNet of this depth."""
    blocks = [
        *(Block(16, 64, 1, options), Block(64, 64, 1, options)),
        *(Block(64, 128, 2, options), Block(128, 128, 1, options)),
        *(Block(128, 256, 2, options), Block(256, 256, 1, options)),
    ]
    norm, pool = nn.BatchNorm2d(256), nn.AdaptiveAvgPool2d(1)
    head = (norm, options.activation("relu"), pool, nn.Flatten(), nn.Linear(256, shape.classes))
    return nn.Sequential(conv3x3(shape.channels, 16), nn.Sequential(*blocks), *head)
