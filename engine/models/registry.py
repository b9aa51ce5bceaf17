"""The catalogue's architectures by key, and the model for any name that a recipe may give."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from engine.catalog import architecture_names
from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.definition import Definition
from engine.models.layer_options import LayerOptions
from engine.models.library import timm_model, torchvision_model
from engine.models.user_model import user_model

# The files of engine/models/families, in the order of the picker. To add an architecture, add its
# file there and its line here; then `make catalog` writes its facts into the catalogue.
FAMILIES = (
    "lenet",
    "alexnet",
    "vgg",
    "resnet",
    "cifar_resnet",
    "mobilenet",
    "efficientnet",
    "convnext",
    "speednet",
    "article_resnet",
)


def find_definitions(files: Iterable[str]) -> dict[str, Definition]:
    """The architectures that these files define, by key."""
    modules = [importlib.import_module(f"engine.models.families.{file}") for file in files]
    found = [value for module in modules for value in vars(module).values()]
    return {value.key: value for value in found if isinstance(value, Definition)}


DEFINITIONS: Mapping[str, Definition] = find_definitions(FAMILIES)
DEFAULT_OPTIONS = LayerOptions()


def build(
    arch: str, channels: int, size: int, classes: int, options: LayerOptions = DEFAULT_OPTIONS
) -> nn.Module:
    """The model for images (N, channels, size, size). Its output is logits (N, classes).

    Raises UsageError if the architecture needs larger images. For a name that is not in the
    catalogue, also raises it if there is no such model, if it fails, or if it has another output.
    """
    shape = DataShape(channels, size, classes)
    if arch in DEFINITIONS:
        return build_defined(DEFINITIONS[arch], shape, options)
    model = _other(arch, shape)
    check_output(architecture_names.short_name(arch), model, shape)
    return model


def build_defined(
    definition: Definition, shape: DataShape, options: LayerOptions = DEFAULT_OPTIONS
) -> nn.Module:
    """A model of this architecture. Raises UsageError if it needs larger images."""
    if shape.size < definition.smallest:
        raise UsageError(
            model_text.input_too_small(definition.key, definition.smallest, shape.size)
        )
    return definition.build(shape, options)


def _other(arch: str, shape: DataShape) -> nn.Module:
    """A model that is not in the catalogue."""
    if (user := architecture_names.user_function(arch)) is not None:
        return user_model(user.file, user.function, shape)
    named = architecture_names.library_model(arch)
    assert named is not None, "the recipe is checked"
    library = torchvision_model if named.library == "torchvision" else timm_model
    return library(named.name, shape)


def check_output(name: str, model: nn.Module, shape: DataShape) -> None:
    """Raise UsageError unless the model returns logits (2, classes) for two images of this shape.

    Runs the model in training mode on the meta device, which allocates no memory and draws no
    random numbers.
    """
    try:
        shadow = copy.deepcopy(model).to("meta").train()
        with torch.no_grad():
            output = shadow(torch.empty(2, shape.channels, shape.size, shape.size, device="meta"))
    except Exception as error:
        images = f"{shape.channels}×{shape.size}×{shape.size}"
        raise UsageError(
            model_text.model_fails(name, images, str(error).partition("\n")[0])
        ) from error
    if not isinstance(output, Tensor):
        raise UsageError(model_text.wrong_output(name, type(output).__name__, 2, shape.classes))
    if output.shape != (2, shape.classes):
        raise UsageError(model_text.wrong_output(name, str(tuple(output.shape)), 2, shape.classes))
