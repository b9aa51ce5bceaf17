"""The catalogue's architectures by key, and the model for any name that a recipe may give."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from torch import nn

from engine.catalog import architecture_names
from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_check
from engine.models.definition import Definition
from engine.models.layer_options import LayerOptions
from engine.models.library import timm_model, torchvision_model
from engine.models.user_model import user_model
from engine.recipes import recipe_text
from engine.user_code.user_code import UserCode, code_of

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
    arch: str,
    channels: int,
    size: int,
    classes: int,
    options: LayerOptions = DEFAULT_OPTIONS,
) -> nn.Module:
    """The model for images (N, channels, size, size). Its output is logits (N, classes).

    Raises UsageError as `build_with_notes`.
    """
    return build_with_notes(arch, DataShape(channels, size, classes), options).model


class BuiltModel(NamedTuple):
    """A model, and sentences for the log about what the program makes of it."""

    model: nn.Module
    notes: tuple[str, ...] = ()


def build_with_notes(
    arch: str,
    shape: DataShape,
    options: LayerOptions = DEFAULT_OPTIONS,
    code: UserCode | None = None,
) -> BuiltModel:
    """The model for images of this shape.

    `code` is what a run keeps of a user's file; without it the file itself counts.

    Raises UsageError if the architecture needs larger images. For a name that is not in the
    catalogue, also raises it if there is no such model, if it fails, if it has another output, or
    if it cannot learn.
    """
    if arch in DEFINITIONS:
        return BuiltModel(build_defined(DEFINITIONS[arch], shape, options))
    if (user := architecture_names.user_function(arch)) is not None:
        code = code or code_of(user.file)
        model = user_model(code, user.function, shape)
        notes = model_check.check(f"{user.file.name}:{user.function}", model, shape, code)
    else:
        model = _library_model(arch, shape)
        notes = model_check.check(architecture_names.short_name(arch), model, shape)
    return BuiltModel(model, tuple(notes))


def build_defined(
    definition: Definition, shape: DataShape, options: LayerOptions = DEFAULT_OPTIONS
) -> nn.Module:
    """A model of this architecture. Raises UsageError if it needs larger images."""
    if shape.size < definition.smallest:
        raise UsageError(
            recipe_text.input_too_small(definition.key, definition.smallest, shape.size)
        )
    return definition.build(shape, options)


def _library_model(arch: str, shape: DataShape) -> nn.Module:
    named = architecture_names.library_model(arch)
    assert named is not None, "the recipe is checked"
    library = torchvision_model if named.library == "torchvision" else timm_model
    return library(named.name, shape)
