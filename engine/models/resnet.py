"""Residual nets: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2015.

They are torchvision's, with a stem for small images up to 64 pixels. They take images of any size.
"""

from __future__ import annotations

from torch import nn

LARGEST_SMALL_IMAGE = 64


def resnet18(channels: int, size: int, classes: int) -> nn.Module:
    """ResNet-18: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    return with_stem(models.resnet18(num_classes=classes), channels, size)


def with_stem(model: nn.Module, channels: int, size: int) -> nn.Module:
    """The torchvision ResNet with its first layers made for these images.

    Up to 64 pixels a 3×3 convolution of stride 1 without max-pooling, as He et al. have it for
    CIFAR-10; above, the 7×7 of stride 2 for this number of channels.
    """
    if size <= LARGEST_SMALL_IMAGE:
        model.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    else:
        model.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    # As torchvision does for all its convolutions (He et al. 2015, "Delving deep into rectifiers").
    nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")
    return model
