"""VGG: Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition",
2014; with batch normalisation also under the keys that end in -bn.

They are torchvision's. Up to 64 pixels the maps are averaged and end in one linear layer: the
three of the paper, made for 7×7 maps, would hold nine tenths of the parameters.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.errors import UsageError
from engine.models import model_text
from engine.models.stem import with_channels
from engine.models.style import Style
from engine.models.task import Task

# Five poolings must leave a pixel.
SMALLEST = 32

# The paper's letters for the numbers of convolutions.
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
        x = self.features(images)  # (N, 512, 1, 1) of 32 pixels
        logits: Tensor = self.classifier(self.flatten(self.avgpool(x)))
        return logits


def initialise(module: nn.Module) -> None:
    """The convolutions as torchvision does (He et al. 2015, "Delving deep into rectifiers")."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        assert module.bias is not None
        nn.init.zeros_(module.bias)


def vgg(name: str, task: Task, style: Style) -> nn.Module:
    """torchvision's VGG of this name: (N, channels, size, size) → (N, classes).

    Raises UsageError below 32 pixels, and for dropout where no layer takes it.
    """
    task.at_least(SMALLEST, name.replace("_", "-"))
    model = _small(name, task, style) if task.small else _large(name, task, style)
    return with_channels(model, task.channels)


def _small(name: str, task: Task, style: Style) -> nn.Module:
    from torchvision.models import vgg as theirs  # takes seconds to import

    if style.dropout != "default":
        raise UsageError(model_text.no_dropout_in_small(name.replace("_", "-"), task.size))
    depth, _, normalised = name.partition("_")
    features = theirs.make_layers(theirs.cfgs[LETTERS[depth]], batch_norm=bool(normalised))
    return SmallVGG(features, task.classes)


def _large(name: str, task: Task, style: Style) -> nn.Module:
    from torchvision import models

    model: nn.Module = models.get_model(name, num_classes=task.classes, dropout=style.rate(0.5))
    return model


def vgg11(task: Task, style: Style) -> nn.Module:
    return vgg("vgg11", task, style)


def vgg13(task: Task, style: Style) -> nn.Module:
    return vgg("vgg13", task, style)


def vgg16(task: Task, style: Style) -> nn.Module:
    return vgg("vgg16", task, style)


def vgg19(task: Task, style: Style) -> nn.Module:
    return vgg("vgg19", task, style)


def vgg11_bn(task: Task, style: Style) -> nn.Module:
    return vgg("vgg11_bn", task, style)


def vgg13_bn(task: Task, style: Style) -> nn.Module:
    return vgg("vgg13_bn", task, style)


def vgg16_bn(task: Task, style: Style) -> nn.Module:
    return vgg("vgg16_bn", task, style)


def vgg19_bn(task: Task, style: Style) -> nn.Module:
    return vgg("vgg19_bn", task, style)
