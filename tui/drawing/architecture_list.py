"""The table of architectures, and the stages of one of them as bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import UNSET

from engine import numbers
from engine.catalog import architectures
from engine.catalog.architectures import Architecture, Estimate, Stage
from engine.catalog.data_shape import DataShape
from engine.catalog.datasets import DatasetFacts
from engine.numbers import count
from tui import shared_text
from tui.drawing import cells, drawing_text
from tui.drawing.cells import Row, Span
from tui.drawing.table import Column

# The width in cells of a bar for a stage as wide as the input.
WIDEST = 16


# The input that stages are drawn for; without a known data set, counts are for it too.
CIFAR10 = DataShape(3, 32, 10)


def shape_of(data: DatasetFacts | None) -> DataShape:
    """The shape of a data set's images; without a data set, the shape of CIFAR-10."""
    return DataShape(data.channels, data.size, len(data.classes)) if data else CIFAR10


ORDERS: dict[str, Callable[[Architecture], Any]] = {
    shared_text.BY_FAMILY: lambda a: 0,
    drawing_text.BY_YEAR: lambda a: a.year,
    drawing_text.BY_DEPTH: lambda a: a.depth,
    drawing_text.BY_PARAMETERS: lambda a: a.parameters,
    drawing_text.BY_MACS: lambda a: a.macs,
    drawing_text.BY_TOP1: lambda a: -(a.top1 or 0.0),
}


def matching(order: str, wanted: str) -> list[Architecture]:
    """The architectures whose key, title, family or idea contains `wanted`, in this order."""
    found = [a for a in architectures.ARCHITECTURES.values() if matches(a, wanted.lower())]
    return sorted(found, key=ORDERS[order])


def matches(a: Architecture, wanted: str) -> bool:
    """Whether the key, title, family or idea contains this text, which is in lower case."""
    return any(wanted in words.lower() for words in (a.key, a.title, a.family, a.new))


def columns(found: Sequence[Architecture], shape: DataShape) -> list[Column]:
    """The columns of the table. Counts are for this input; `≈` marks an estimate."""
    return [
        Column(drawing_text.NAME, [a.key for a in found]),
        Column(drawing_text.YEAR, [str(a.year) for a in found], 5, right=True),
        Column(drawing_text.DEPTH, [str(a.depth) for a in found], 3, right=True),
        Column(shared_text.PARAMETERS, [parameters(a, shape) for a in found], 1, right=True),
        Column(drawing_text.MACS, [macs(a, shape) for a in found], 2, right=True),
        Column(drawing_text.TOP5_ERROR, [_top5(a) for a in found], 4, right=True),
        Column(drawing_text.TOP1, [_top1(a) for a in found], 6, right=True),
        Column(drawing_text.FAMILY, [a.family for a in found], 7),
    ]


def parameters(a: Architecture, shape: DataShape) -> str:
    return _count(architectures.parameters(a.key, shape))


def macs(a: Architecture, shape: DataShape) -> str:
    return _count(architectures.macs(a.key, shape))


def _count(estimate: Estimate) -> str:
    return count(estimate.value) if estimate.exact else f"≈{count(estimate.value)}"


def _top5(a: Architecture) -> str:
    return numbers.percent(UNSET if a.top5_error is None else a.top5_error)


def _top1(a: Architecture) -> str:
    return numbers.percent(UNSET if a.top1 is None else a.top1)


def details(a: Architecture, shape: DataShape) -> list[Row]:
    """The architecture in words, and its stages as bars in proportion to their outputs."""
    side = shape.size
    images = f"{shape.channels}×{side}×{side}"
    counts = drawing_text.counts(parameters(a, shape), macs(a, shape), images)
    results = drawing_text.on_imagenet(a.top5_error, a.top1)
    head = [
        cells.row(" ", Span(a.title, "title"), Span(f"   {a.year}   {a.family}", "dim")),
        cells.row(" ", a.new),
        cells.row(" ", Span(counts, "dim")),
        *([cells.row(" ", Span(results, "dim"))] if results else []),
        (),
    ]
    stages = architectures.stages(a.key, shape)
    name = max(len(stage.name) for stage in stages)
    output = max(len(_output(stage)) for stage in stages)
    return head + [_stage(stage, name, output, side) for stage in stages]


def stages_title(a: Architecture, shape: DataShape) -> str:
    """The title above the details, with the size of the images that the stages are drawn for."""
    return drawing_text.stages_at(shape.size, exact=shape.size == a.form(shape).size)


def _stage(stage: Stage, name: int, output: int, side: int) -> Row:
    height = stage.output[1] if len(stage.output) == 3 else 0
    bar = "▇" * max(1, height * WIDEST // side)
    return cells.row(
        f" {cells.fit_text(stage.name, name)}  ",
        Span(cells.right(_output(stage), output), "dim"),
        Span(f"  {bar.center(WIDEST)}  ", "train"),
        stage.layers,
    )


def _output(stage: Stage) -> str:
    return "×".join(map(str, stage.output))
