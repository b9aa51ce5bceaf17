"""EfficientNet-B0: Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural
networks", 2019.

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
    "efficientnet-b0",
    "EfficientNet-B0",
    family="EfficientNet",
    year=2019,
    new="depth, width and image size scaled together",
)
def efficientnet_b0(shape: DataShape, options: LayerOptions) -> nn.Module:
    """EfficientNet-B0: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model = out_of_place(
        models.efficientnet_b0(
            num_classes=shape.classes,
            dropout=options.dropout_rate(0.2),
            stochastic_depth_prob=options.drop_path_rate(0.2),
        )
    )
    return with_channels(keep_size(model, 2) if shape.small else model, shape.channels)
