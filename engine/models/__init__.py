"""The architectures by key. Adding one is a file and a line in `MODELS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from engine.models.article import article_resnet
from engine.models.lenet import lenet5
from engine.models.resnet import resnet18

# (channels, height and width in pixels, classes) → a freshly initialised model.
Builder = Callable[[int, int, int], nn.Module]

MODELS: Mapping[str, Builder] = {
    "lenet5": lenet5,
    "resnet18": resnet18,
    "article-resnet": article_resnet,
}


def build(arch: str, channels: int, size: int, classes: int) -> nn.Module:
    """The model for images (N, channels, size, size), whose output is logits (N, classes).

    Raises UsageError where the architecture needs larger images.
    """
    return MODELS[arch](channels, size, classes)
