"""The speed net: after Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024.

Its first layer whitens patches of 2×2 with filters that are computed from training images. The
other convolutions start as the identity, batch norm learns no scale, and the logits are scaled
down. The last pooling takes the maximum over the whole map. For 32 pixels that map is 3×3, as in
the paper.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions

PATCH = 2
WIDTHS = (64, 256, 256)
LOGIT_SCALE = 1 / 9

# The paper's momentum of 0.6 weighs the old statistics, PyTorch's momentum weighs the new ones.
BN_MOMENTUM = 0.4
BN_EPS = 1e-12
# Limits the scale of directions in which patches hardly vary.
WHITENING_EPS = 5e-4


def norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm with a learnt bias and a scale that stays 1."""
    layer = nn.BatchNorm2d(channels, eps=BN_EPS, momentum=BN_MOMENTUM)
    layer.weight.requires_grad_(False)
    return layer


def conv(inputs: int, outputs: int) -> nn.Conv2d:
    """A 3×3 convolution whose first filters copy their input (Zagoruyko & Komodakis 2017)."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    with torch.no_grad():
        nn.init.dirac_(layer.weight[:inputs])
    return layer


class Group(nn.Module):
    """conv–pool–BN–GELU–conv–BN–GELU: (N, inputs, H, W) → (N, outputs, ⌊H / 2⌋, ⌊W / 2⌋)."""

    def __init__(self, inputs: int, outputs: int, options: LayerOptions) -> None:
        super().__init__()
        self.conv1 = conv(inputs, outputs)
        self.pool = nn.MaxPool2d(2)
        self.bn1 = norm(outputs)
        self.act1 = options.activation("gelu")
        self.conv2 = conv(outputs, outputs)
        self.bn2 = norm(outputs)
        self.act2 = options.activation("gelu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.pool(self.conv1(x))))
        out: Tensor = self.act2(self.bn2(self.conv2(x)))
        return out


class SpeedNet(nn.Module):
    """A whitening layer, three groups and a linear layer: (N, channels, H, W) → (N, classes)."""

    def __init__(self, shape: DataShape, options: LayerOptions) -> None:
        super().__init__()
        filters = 2 * shape.channels * PATCH**2
        self.whiten = nn.Conv2d(shape.channels, filters, PATCH)
        self.whiten.weight.requires_grad_(False)
        self.act = options.activation("gelu")
        self.groups = nn.Sequential(
            Group(filters, WIDTHS[0], options),
            Group(WIDTHS[0], WIDTHS[1], options),
            Group(WIDTHS[1], WIDTHS[2], options),
        )
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(WIDTHS[2], shape.classes, bias=False)

    def initialise_from(self, images: Tensor) -> None:
        """Compute the whitening filters from normalised training images (N, channels, H, W).

        They are the principal directions of the patches, each scaled to unit variance, and their
        negatives.
        """
        patches = F.unfold(images, PATCH).transpose(0, 1).flatten(1)  # (C × 4, patches)
        variances, directions = torch.linalg.eigh(patches.cov())
        scaled = directions / (variances + WHITENING_EPS).sqrt()  # each column is a direction
        filters = scaled.T.flip(0).view(-1, *self.whiten.weight.shape[1:])
        with torch.no_grad():
            self.whiten.weight.copy_(torch.cat((filters, -filters)))

    def forward(self, images: Tensor) -> Tensor:
        x = self.act(self.whiten(images))  # (N, 24, 31, 31) for 3×32×32
        x = self.flatten(self.pool(self.groups(x)))  # (N, 256)
        logits: Tensor = self.fc(x) * LOGIT_SCALE
        return logits


@architecture(
    "speednet",
    "speed net",
    family="speed net",
    year=2024,
    new="94 % on CIFAR-10 in seconds: whitened patches, identity at first",
    smallest=9,  # the whitening and three poolings must leave a pixel
)
def speednet(shape: DataShape, options: LayerOptions) -> nn.Module:
    return SpeedNet(shape, options)
