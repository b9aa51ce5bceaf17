"""EfficientNet-B0: Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural
networks", 2019.

It is torchvision's. Up to 64 pixels the stem and the first stage that would halve the image keep
its size, so that 32 pixels end as 4×4. It takes images of any size.
"""

from __future__ import annotations

from torch import nn

from engine.models.activation import out_of_place
from engine.models.stem import gentler, with_channels
from engine.models.style import Style
from engine.models.task import Task


def efficientnet_b0(task: Task, style: Style) -> nn.Module:
    """EfficientNet-B0: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model = out_of_place(models.efficientnet_b0(num_classes=task.classes, dropout=style.rate(0.2)))
    return with_channels(gentler(model, 2) if task.small else model, task.channels)
