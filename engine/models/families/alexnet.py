"""AlexNet: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
networks", 2012, in the one-tower form of Krizhevsky, "One weird trick for parallelizing
convolutional neural networks", 2014.

The model is torchvision's. Up to 64 pixels, its kernels shrink with the image: the 11×11 kernels of
stride 4 and the 5×5 kernels become 3×3 kernels of stride 1. The linear layers then see 3×3 maps
instead of 6×6. An image of 32 pixels ends as such maps; average pooling makes them for other sizes.
"""

from __future__ import annotations

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions
from engine.models.stem import replace, with_channels

# The side of the maps that the linear layers see in the small form.
SMALL_MAP = 3


@architecture(
    "alexnet",
    "AlexNet",
    family="AlexNet",
    year=2012,
    new="ReLU, dropout, augmentation, two GPUs",
    top5_error=0.153,
    smallest=15,  # three poolings, each 3×3 of stride 2, must leave a pixel
)
def alexnet(shape: DataShape, options: LayerOptions) -> nn.Module:
    """AlexNet: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model: nn.Module = models.alexnet(num_classes=shape.classes, dropout=options.dropout_rate(0.5))
    if shape.small:
        scale_down(model)
    return with_channels(model, shape.channels)


def scale_down(model: nn.Module) -> None:
    replace(model, "features.0", nn.Conv2d(3, 64, 3, padding=1))
    replace(model, "features.3", nn.Conv2d(64, 192, 3, padding=1))
    replace(model, "avgpool", nn.AdaptiveAvgPool2d(SMALL_MAP))
    replace(model, "classifier.1", nn.Linear(256 * SMALL_MAP**2, 4096))
