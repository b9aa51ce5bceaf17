"""VGG: Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition",
2014. The keys that end in -bn have batch normalisation.

The models are torchvision's. Up to 64 pixels, the maps are averaged and one linear layer follows.
The paper's three linear layers, made for 7×7 maps, would hold nine tenths of the parameters.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.definition import architecture
from engine.models.layer_options import LayerOptions
from engine.models.stem import with_channels

# The paper's letters for the configurations.
LETTERS = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}


class SmallVGG(nn.Module):
    """The convolutions of a VGG and one linear layer: (N, 3, size, size) → (N, classes)."""

    def __init__(self, features: nn.Module, classes: int) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(512, classes)
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        x = self.features(images)  # (N, 512, 1, 1) for 32 pixels
        logits: Tensor = self.classifier(self.flatten(self.avgpool(x)))
        return logits


def initialise(module: nn.Module) -> None:
    """Initialise as torchvision does (He et al. 2015, "Delving deep into rectifiers")."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        assert module.bias is not None
        nn.init.zeros_(module.bias)


def vgg(name: str, shape: DataShape, options: LayerOptions) -> nn.Module:
    """torchvision's VGG of this name: (N, channels, size, size) → (N, classes).

    Raises UsageError if a recipe asks for dropout with images of up to 64 pixels.
    """
    model = _small(name, shape, options) if shape.small else _large(name, shape, options)
    return with_channels(model, shape.channels)


def _small(name: str, shape: DataShape, options: LayerOptions) -> nn.Module:
    from torchvision.models import vgg as torchvision_vgg  # takes seconds to import

    if options.dropout != "default":
        raise UsageError(model_text.no_dropout_in_small(name.replace("_", "-"), shape.size))
    depth, _, normalised = name.partition("_")
    layers = torchvision_vgg.cfgs[LETTERS[depth]]
    features = torchvision_vgg.make_layers(layers, batch_norm=bool(normalised))
    return SmallVGG(features, shape.classes)


def _large(name: str, shape: DataShape, options: LayerOptions) -> nn.Module:
    from torchvision import models

    model: nn.Module = models.get_model(
        name, num_classes=shape.classes, dropout=options.dropout_rate(0.5)
    )
    return model


# Five poolings must leave a pixel.
published = partial(architecture, family="VGG", year=2014, smallest=32)
stacked = partial(published, new="small stacked 3×3 kernels, one uniform structure")
normalised = partial(published, new="VGG with batch normalisation, which lets it learn at once")


@stacked("vgg11", "VGG-11")
def vgg11(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg11", shape, options)


@normalised("vgg11-bn", "VGG-11 with BN")
def vgg11_bn(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg11_bn", shape, options)


@stacked("vgg13", "VGG-13")
def vgg13(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg13", shape, options)


@normalised("vgg13-bn", "VGG-13 with BN")
def vgg13_bn(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg13_bn", shape, options)


@stacked("vgg16", "VGG-16", top5_error=0.073)
def vgg16(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg16", shape, options)


@normalised("vgg16-bn", "VGG-16 with BN")
def vgg16_bn(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg16_bn", shape, options)


@stacked("vgg19", "VGG-19", top5_error=0.073)
def vgg19(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg19", shape, options)


@normalised("vgg19-bn", "VGG-19 with BN")
def vgg19_bn(shape: DataShape, options: LayerOptions) -> nn.Module:
    return vgg("vgg19_bn", shape, options)
