"""Residual nets: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2015.

They are torchvision's, with a stem for small images up to 64 pixels: a 3×3 convolution of stride
1 without max-pooling, as He et al. have it for CIFAR-10. They take images of any size.
"""

from __future__ import annotations

from torch import nn

from engine.models.stem import with_channels
from engine.models.style import Style
from engine.models.task import Task


def resnet(name: str, task: Task) -> nn.Module:
    """torchvision's ResNet of this name: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model: nn.Module = models.get_model(name, num_classes=task.classes)
    if task.small:
        model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
        # As torchvision does for all its convolutions (He et al., "Delving deep into rectifiers").
        nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")
    return with_channels(model, task.channels)


def resnet18(task: Task, style: Style) -> nn.Module:
    return resnet("resnet18", task)


def resnet34(task: Task, style: Style) -> nn.Module:
    return resnet("resnet34", task)


def resnet50(task: Task, style: Style) -> nn.Module:
    return resnet("resnet50", task)


def resnet101(task: Task, style: Style) -> nn.Module:
    return resnet("resnet101", task)


def resnet152(task: Task, style: Style) -> nn.Module:
    return resnet("resnet152", task)
