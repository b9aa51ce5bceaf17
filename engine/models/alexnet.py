"""AlexNet: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
networks", 2012, in the one-tower form of Krizhevsky, "One weird trick for parallelizing
convolutional neural networks", 2014.

It is torchvision's. Up to 64 pixels its kernels are scaled with the image: 3×3 of stride 1 stand
for the 11×11 of stride 4 and for the 5×5, and the linear layers see 3×3 maps instead of 6×6, which
is what 32 pixels leave; other sizes are brought to it by average pooling.
"""

from __future__ import annotations

from torch import nn

from engine.models.stem import replace, with_channels
from engine.models.style import Style
from engine.models.task import Task

# Three poolings, each 3×3 of stride 2, must leave a pixel.
SMALLEST = 15
SMALL_MAP = 3


def alexnet(task: Task, style: Style) -> nn.Module:
    """AlexNet: (N, channels, size, size) → (N, classes). Raises UsageError below 15 pixels."""
    from torchvision import models  # takes seconds to import

    task.at_least(SMALLEST, "alexnet")
    model: nn.Module = models.alexnet(num_classes=task.classes, dropout=style.rate(0.5))
    if task.small:
        scale_down(model)
    return with_channels(model, task.channels)


def scale_down(model: nn.Module) -> None:
    replace(model, "features.0", nn.Conv2d(3, 64, 3, padding=1))
    replace(model, "features.3", nn.Conv2d(64, 192, 3, padding=1))
    replace(model, "avgpool", nn.AdaptiveAvgPool2d(SMALL_MAP))
    replace(model, "classifier.1", nn.Linear(256 * SMALL_MAP**2, 4096))
