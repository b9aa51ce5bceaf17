"""The architectures, for the picker and the checks of a recipe.

`make catalog` counts all numbers on the models themselves and writes `architecture_facts.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.catalog.data_shape import DataShape

FACTS = Path(__file__).with_name("architecture_facts.json")


class Stage(msgspec.Struct, frozen=True):
    """A part of a model: its layers in words, and its output shape, (C, H, W) or (features,)."""

    name: str
    layers: str
    output: tuple[int, ...]
    parameters: int


class Slope(NamedTuple):
    """How much the counts grow with one more channel, class or pixel."""

    parameters: int
    macs: int


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The exact counts of an architecture for images (3, size, size) and a number of classes.

    `per_class` is exact for any number of classes. `per_channel` is the mean slope between 1 and 3
    channels. `per_pixel` is the mean slope over the image's area, between two sizes of this form.
    """

    size: int
    classes: int
    parameters: int
    macs: int
    per_channel: Slope
    per_class: Slope
    per_pixel: Slope
    stages: tuple[Stage, ...]


class Architecture(msgspec.Struct, frozen=True, kw_only=True):
    """An architecture by its key.

    `depth` counts the convolutions and linear layers between an image of 224 pixels and the logits.
    `smallest` is the side of the smallest possible images, in pixels.
    `adjusts` names the recipe fields that change the architecture. `top5_error` is the headline
    figure of the paper, mostly from an ensemble. `top1` is the accuracy that torchvision publishes
    for its first weights. `small` is the form for images of up to 64 pixels, `large` the form for
    larger ones.
    """

    key: str
    title: str
    family: str
    year: int
    new: str
    top5_error: float | None
    top1: float | None
    adjusts: tuple[str, ...]
    depth: int
    smallest: int
    small: Form
    large: Form

    @property
    def parameters(self) -> int:
        return self.small.parameters

    @property
    def macs(self) -> int:
        return self.small.macs

    def form(self, shape: DataShape) -> Form:
        return self.small if shape.small else self.large


class Estimate(NamedTuple):
    """A count, and whether it is exact."""

    value: int
    exact: bool


def parameters(key: str, shape: DataShape) -> Estimate:
    """The parameters for images of this shape, with the architecture's default options."""
    form = ARCHITECTURES[key].form(shape)
    value = form.parameters + form.per_channel.parameters * (shape.channels - 3)
    value += form.per_class.parameters * (shape.classes - form.classes)
    value += form.per_pixel.parameters * (shape.size**2 - form.size**2)
    return Estimate(value, shape.size == form.size or not form.per_pixel.parameters)


def macs(key: str, shape: DataShape) -> Estimate:
    """The multiply-accumulates for one image of this shape."""
    form = ARCHITECTURES[key].form(shape)
    channels = form.per_channel.macs * (shape.channels - 3) * shape.size**2 // form.size**2
    value = form.macs + channels + form.per_class.macs * (shape.classes - form.classes)
    value += form.per_pixel.macs * (shape.size**2 - form.size**2)
    return Estimate(value, shape.size == form.size)


def stages(key: str, shape: DataShape) -> tuple[Stage, ...]:
    """The stages for images of this shape. At another size than the form's, outputs are estimates:
    their sides are in proportion, but for those that are the same in both forms.
    """
    architecture = ARCHITECTURES[key]
    form = architecture.form(shape)
    fixed = {s.name: s.output for s in architecture.small.stages} if not shape.small else {}
    scale = shape.size / form.size
    *stages, head = (
        stage
        if fixed.get(stage.name) == stage.output
        else msgspec.structs.replace(stage, output=_scaled(stage.output, scale))
        for stage in form.stages
    )
    count = head.parameters + form.per_class.parameters * (shape.classes - form.classes)
    return (*stages, msgspec.structs.replace(head, output=(shape.classes,), parameters=count))


def _scaled(output: tuple[int, ...], scale: float) -> tuple[int, ...]:
    """The output, (C, H, W) or (features,), of images with so many times the side."""
    channels, *sides = output
    return (channels, *(max(1, round(side * scale)) for side in sides))


def adjustable(arch: str, field: str) -> bool:
    """Whether this recipe field (act, bn, dropout or drop_path) changes the architecture."""
    return arch in ARCHITECTURES and field in ARCHITECTURES[arch].adjusts


def has_weights(arch: str) -> bool:
    """Whether torchvision has ImageNet weights for the architecture."""
    known = ARCHITECTURES.get(arch)
    return known.top1 is not None if known else arch.startswith("torchvision/")


def families(of: Iterable[Architecture]) -> list[str]:
    """The families of these architectures, each once."""
    return list(dict.fromkeys(architecture.family for architecture in of))


def _read() -> dict[str, Architecture]:
    facts = msgspec.json.decode(FACTS.read_bytes(), type=tuple[Architecture, ...])
    return {architecture.key: architecture for architecture in facts}


ARCHITECTURES: Mapping[str, Architecture] = _read()
