"""ConvNeXt-T: Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, "A ConvNet for the 2020s", 2022.

The model is torchvision's. Up to 64 pixels, the first layer cuts the image into patches of 2×2
instead of 4×4. An image of 32 pixels then ends as maps of 2×2.
"""

from __future__ import annotations

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions
from engine.models.stem import replace, with_channels


def patches() -> nn.Conv2d:
    """The layer that cuts out patches of 2×2, initialised as torchvision's layer is."""
    layer = nn.Conv2d(3, 96, 2, stride=2)
    nn.init.trunc_normal_(layer.weight, std=0.02)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


@architecture(
    "convnext-tiny",
    "ConvNeXt-T",
    family="ConvNeXt",
    year=2022,
    new="a CNN with the design of a vision transformer",
    smallest=16,  # the patches and three layers of stride 2 must leave a pixel
)
def convnext_tiny(shape: DataShape, options: LayerOptions) -> nn.Module:
    """ConvNeXt-T: (N, channels, size, size) → (N, classes)."""
    from torchvision import models  # takes seconds to import

    model: nn.Module = models.convnext_tiny(
        num_classes=shape.classes, stochastic_depth_prob=options.drop_path_rate(0.1)
    )
    if shape.small:
        replace(model, "features.0.0", patches())
    return with_channels(model, shape.channels)
