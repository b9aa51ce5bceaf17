"""python -m engine.models.facts: writes the facts about all architectures into the catalogue.

It counts them on models on the meta device, which allocates no memory. The catalogue then needs no
torch to show them. After a change of the structs in `engine.catalog.architectures`, write `[]` into
the file first, because the file is read on import.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec
import torch
from torch import nn

from cnn_tui.layer_table import layer_table
from cnn_tui.network_depth import network_depth
from engine.catalog.architectures import FACTS, Architecture, Form, Slope
from engine.catalog.data_shape import LARGEST_SMALL_IMAGE, DataShape
from engine.errors import UsageError
from engine.models.definition import Definition
from engine.models.layer_options import LayerOptions
from engine.models.registry import DEFAULT_OPTIONS, DEFINITIONS, build_defined
from engine.models.stage_outline import stages

SMALL = DataShape(3, 32, 10)
LARGE = DataShape(3, 224, 1000)
# A second size of each form shows how the counts grow with the size.
OTHER_SIZES = {SMALL: LARGEST_SMALL_IMAGE, LARGE: 128}

# Values that are not the default of any architecture, by recipe field.
OTHER_OPTIONS = {
    "act": (LayerOptions(act="sigmoid"),),
    "bn": (LayerOptions(bn=True), LayerOptions(bn=False)),
    "dropout": (LayerOptions(dropout=0.123),),
    "drop_path": (LayerOptions(drop_path=0.123),),
}
LINE = 120


class Counts(NamedTuple):
    """Parameters, and multiply-accumulates for one image."""

    parameters: int
    macs: int


def architecture_facts(definition: Definition) -> Architecture:
    """The catalogue's entry for an architecture."""
    return Architecture(
        key=definition.key,
        title=definition.title,
        family=definition.family,
        year=definition.year,
        new=definition.new,
        top5_error=definition.top5_error,
        top1=_published_top1(definition.key),
        adjusts=tuple(field for field in OTHER_OPTIONS if _adjusts(definition, field)),
        depth=network_depth(_model(definition, LARGE), LARGE.channels, LARGE.size),
        smallest=definition.smallest,
        small=_form(definition, SMALL),
        large=_form(definition, LARGE),
    )


def _form(definition: Definition, shape: DataShape) -> Form:
    parameters, macs = counts = _counts(definition, shape)
    grey = _counts(definition, shape._replace(channels=1))
    more = _counts(definition, shape._replace(classes=shape.classes + 1))
    size = OTHER_SIZES[shape]
    other = _counts(definition, shape._replace(size=size))
    return Form(
        size=shape.size,
        classes=shape.classes,
        parameters=parameters,
        macs=macs,
        per_channel=_slope(counts, grey, shape.channels - 1),
        per_class=_slope(more, counts, 1),
        per_pixel=_slope(counts, other, shape.size**2 - size**2),
        stages=stages(_model(definition, shape), shape.channels, shape.size),
    )


def _slope(counts: Counts, others: Counts, distance: int) -> Slope:
    return Slope(*(round((a - b) / distance) for a, b in zip(counts, others, strict=True)))


def _counts(definition: Definition, shape: DataShape) -> Counts:
    model = _model(definition, shape)
    layers = layer_table(model, shape.channels, shape.size)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Counts(parameters, sum(layer.macs for layer in layers))


@lru_cache(maxsize=8)
def _model(
    definition: Definition, shape: DataShape, options: LayerOptions = DEFAULT_OPTIONS
) -> nn.Module:
    with torch.device("meta"):
        return build_defined(definition, shape, options)


def _adjusts(definition: Definition, field: str) -> bool:
    """Whether this recipe field changes the architecture in one of its forms."""
    for shape in (LARGE, SMALL):
        for options in OTHER_OPTIONS[field]:
            try:
                changed = _model(definition, shape, options)
            except UsageError:  # this form refuses the field
                continue
            if str(changed) != str(_model(definition, shape)):
                return True
    return False


def _published_top1(key: str) -> float | None:
    """The accuracy that torchvision publishes for its first weights; None if it has none."""
    from torchvision import models  # takes seconds to import

    name = key.replace("-", "_")
    if name not in models.list_models(module=models):
        return None
    meta = models.get_model_weights(name)["IMAGENET1K_V1"].meta
    return float(round(meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100, 6))


def formatted(value: object, indent: int = 0) -> str:
    """The value as JSON, with as many items on each line as fit."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent < LINE or not isinstance(value, dict | list):
        return line
    lines: list[str] = []
    for item in _items(value, indent + 1):
        if lines and "\n" not in lines[-1] + item and len(lines[-1] + item) + indent + 3 < LINE:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    left, right = "{}" if isinstance(value, dict) else "[]"
    space = "\n" + " " * indent
    return left + space + " " + f",{space} ".join(lines) + space + right


def _items(value: dict[str, object] | list[object], indent: int) -> Iterator[str]:
    if isinstance(value, list):
        yield from (formatted(item, indent) for item in value)
    else:
        for key, item in value.items():
            yield f"{json.dumps(key)}: {formatted(item, indent)}"


def main() -> None:
    found = [architecture_facts(definition) for definition in DEFINITIONS.values()]
    FACTS.write_text(formatted(json.loads(msgspec.json.encode(found))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
