"""Residual nets: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2015.

The models are torchvision's. Up to 64 pixels, the stem is a 3×3 convolution of stride 1 without
max-pooling, as in the paper's nets for CIFAR-10. Images may have any size.
"""

from __future__ import annotations

from functools import partial

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions
from engine.models.stem import with_channels


def resnet(name: str, shape: DataShape) -> nn.Module:
    """torchvision's ResNet of this name: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model: nn.Module = models.get_model(name, num_classes=shape.classes)
    if shape.small:
        model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
        # torchvision initialises all convolutions so (He et al., "Delving deep into rectifiers").
        nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")
    return with_channels(model, shape.channels)


basic = partial(architecture, family="ResNet", year=2015, new="residual blocks: F(x) + x")
bottleneck = partial(
    architecture, family="ResNet", year=2015, new="residual bottlenecks: 1×1, 3×3, 1×1"
)


@basic("resnet18", "ResNet-18")
def resnet18(shape: DataShape, options: LayerOptions) -> nn.Module:
    return resnet("resnet18", shape)


@basic("resnet34", "ResNet-34")
def resnet34(shape: DataShape, options: LayerOptions) -> nn.Module:
    return resnet("resnet34", shape)


@bottleneck("resnet50", "ResNet-50", top5_error=0.036)
def resnet50(shape: DataShape, options: LayerOptions) -> nn.Module:
    return resnet("resnet50", shape)


@bottleneck("resnet101", "ResNet-101")
def resnet101(shape: DataShape, options: LayerOptions) -> nn.Module:
    return resnet("resnet101", shape)


@bottleneck("resnet152", "ResNet-152", top5_error=0.0357)
def resnet152(shape: DataShape, options: LayerOptions) -> nn.Module:
    return resnet("resnet152", shape)
