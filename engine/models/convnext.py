"""ConvNeXt-T: Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, "A ConvNet for the 2020s", 2022.

It is torchvision's. Up to 64 pixels the first layer cuts the image into patches of 2×2 instead of
4×4, so that 32 pixels end as 2×2.
"""

from __future__ import annotations

from torch import nn

from engine.models.stem import replace, with_channels
from engine.models.style import Style
from engine.models.task import Task

# The patches and three layers of stride 2 must leave a pixel.
SMALLEST = 16


def patches() -> nn.Conv2d:
    """The layer that cuts out patches of 2×2, initialised as torchvision does its own."""
    layer = nn.Conv2d(3, 96, 2, stride=2)
    nn.init.trunc_normal_(layer.weight, std=0.02)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


def convnext_tiny(task: Task, style: Style) -> nn.Module:
    """ConvNeXt-T: (N, channels, size, size) → (N, classes). Raises UsageError below 16 pixels."""
    from torchvision import models  # takes seconds to import

    task.at_least(SMALLEST, "convnext-tiny")
    model: nn.Module = models.convnext_tiny(num_classes=task.classes)
    if task.small:
        replace(model, "features.0.0", patches())
    return with_channels(model, task.channels)
