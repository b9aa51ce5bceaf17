"""MobileNetV2: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear
bottlenecks", 2018.

The model is torchvision's. Up to 64 pixels, its first two convolutions of stride 2 have stride 1
instead. An image of 32 pixels then ends as maps of 4×4.
"""

from __future__ import annotations

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.models.activation import out_of_place
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions
from engine.models.stem import keep_size, with_channels


@architecture(
    "mobilenet-v2",
    "MobileNetV2",
    family="MobileNet",
    year=2018,
    new="inverted residuals with depthwise convolutions, linear bottlenecks",
)
def mobilenet_v2(shape: DataShape, options: LayerOptions) -> nn.Module:
    """MobileNetV2: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model = out_of_place(
        models.mobilenet_v2(num_classes=shape.classes, dropout=options.dropout_rate(0.2))
    )
    return with_channels(keep_size(model, 2) if shape.small else model, shape.channels)
