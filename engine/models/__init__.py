"""The architectures by key. Adding one is a file and a line in `MODELS`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor, nn

from engine.catalog import architecture_names
from engine.errors import UsageError
from engine.models import cifar_resnet, model_text, resnet, vgg
from engine.models.alexnet import alexnet
from engine.models.article import article_resnet
from engine.models.convnext import convnext_tiny
from engine.models.efficientnet import efficientnet_b0
from engine.models.lenet import lenet5
from engine.models.library import timm_model, torchvision_model
from engine.models.mobilenet import mobilenet_v2
from engine.models.speednet import speednet
from engine.models.style import Style
from engine.models.task import Task
from engine.models.user_model import own_model

# Makes a freshly initialised model.
Builder: TypeAlias = Callable[[Task, Style], nn.Module]

MODELS: Mapping[str, Builder] = {
    "lenet5": lenet5,
    "alexnet": alexnet,
    "vgg11": vgg.vgg11,
    "vgg11-bn": vgg.vgg11_bn,
    "vgg13": vgg.vgg13,
    "vgg13-bn": vgg.vgg13_bn,
    "vgg16": vgg.vgg16,
    "vgg16-bn": vgg.vgg16_bn,
    "vgg19": vgg.vgg19,
    "vgg19-bn": vgg.vgg19_bn,
    "resnet18": resnet.resnet18,
    "resnet34": resnet.resnet34,
    "resnet50": resnet.resnet50,
    "resnet101": resnet.resnet101,
    "resnet152": resnet.resnet152,
    "resnet20": cifar_resnet.resnet20,
    "resnet32": cifar_resnet.resnet32,
    "resnet44": cifar_resnet.resnet44,
    "resnet56": cifar_resnet.resnet56,
    "resnet110": cifar_resnet.resnet110,
    "plain20": cifar_resnet.plain20,
    "plain32": cifar_resnet.plain32,
    "plain44": cifar_resnet.plain44,
    "plain56": cifar_resnet.plain56,
    "plain110": cifar_resnet.plain110,
    "mobilenet-v2": mobilenet_v2,
    "efficientnet-b0": efficientnet_b0,
    "convnext-tiny": convnext_tiny,
    "speednet": speednet,
    "article-resnet": article_resnet,
}

DEFAULT = Style()


@runtime_checkable
class FromImages(Protocol):
    """A model part of whose initialisation depends on the data."""

    def initialise_from(self, images: Tensor) -> None:
        """Take normalised training images (N, C, H, W), some thousand of them, in float32."""


def build(arch: str, channels: int, size: int, classes: int, style: Style = DEFAULT) -> nn.Module:
    """The model for images (N, channels, size, size), whose output is logits (N, classes).

    Raises UsageError where the architecture needs larger images; and where one that is not of
    the catalogue cannot be found, fails, or gives anything else.
    """
    task = Task(channels, size, classes)
    if arch in MODELS:
        return MODELS[arch](task, style)
    model = _foreign(arch, task)
    check_output(architecture_names.short(arch), model, task)
    return model


def _foreign(arch: str, task: Task) -> nn.Module:
    """A model that is not of the catalogue."""
    if (own := architecture_names.own(arch)) is not None:
        return own_model(own.file, own.function, task)
    meant = architecture_names.library(arch)
    assert meant is not None, "the recipe is checked"
    library = torchvision_model if meant.library == "torchvision" else timm_model
    return library(meant.name, task)


def check_output(name: str, model: nn.Module, task: Task) -> None:
    """Raise UsageError unless the model makes logits (2, classes) of two such images.

    Tried in training mode on the meta device, where nothing is allocated or drawn.
    """
    try:
        shadow = copy.deepcopy(model).to("meta").train()
        with torch.no_grad():
            output = shadow(torch.empty(2, task.channels, task.size, task.size, device="meta"))
    except Exception as error:
        images = f"{task.channels}×{task.size}×{task.size}"
        raise UsageError(
            model_text.model_fails(name, images, str(error).partition("\n")[0])
        ) from error
    if not isinstance(output, Tensor):
        raise UsageError(model_text.wrong_output(name, type(output).__name__, 2, task.classes))
    if output.shape != (2, task.classes):
        raise UsageError(model_text.wrong_output(name, str(tuple(output.shape)), 2, task.classes))
