"""The table of the network's layers."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import Layer, RunStarted
from engine.text import harmless
from tui import text
from tui.drawing import cells, numbers
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.spark import bar
from tui.drawing.table import Column, fitting_columns, table, widest

SHARE_BAR = 8
# The narrowest table that counts parameters exactly.
EXACT = 44


def layer_table(layers: Sequence[Layer], width: int, height: int, first: int = 0) -> list[Row]:
    """The layers from the one with index `first`; the last row says how many do not fit."""
    if not layers:
        rows = [cells.row(Span(" " + text.NO_LAYERS, "dim"))]
    else:
        first = max(0, min(first, len(layers) - 1))
        room = max(1, height - 1)
        more = len(layers) - first > room > 1
        end = min(len(layers), first + room - more)
        columns = fitting_columns(_columns(layers, width), width)
        rows = table(columns, width, range(first, end))[height < 2 :]
        if more:
            rows.append(cells.row(Span(" " + text.more(len(layers) - end), "dim")))
    blank: list[Row] = [()] * (height - len(rows))
    return [cells.fit(row, width) for row in [*rows, *blank][:height]]


def layer_facts(run: RunStarted | None, room: int) -> Row:
    """`11.17 M parameters   555 MMAC`, shorter where there is less room."""
    if run is None:
        return ()
    macs = f"{run.macs / 1e6:.0f}" if run.macs >= 1e7 else f"{run.macs / 1e6:.2g}"
    count = run.parameters
    exact = f"{count / 1e6:.2f} M" if count >= 1e6 else f"{count:,}"
    forms = (
        text.parameters(exact, macs),
        text.parameters_short(numbers.count(count), macs),
        numbers.count(count),
    )
    return fitting([(Span(form),) for form in forms], room)


def _columns(layers: Sequence[Layer], width: int) -> list[Column]:
    counts = [f"{layer.parameters:,}" for layer in layers]
    if width < EXACT:
        counts = [numbers.count(layer.parameters) for layer in layers]
    macs = [f"{layer.macs / 1e6:.1f}" if layer.macs else "" for layer in layers]
    return [
        Column(text.LAYER, [harmless(layer.name) for layer in layers]),
        Column(text.KERNEL, [harmless(layer.detail) for layer in layers], rank=3),
        Column(text.OUTPUT, _shapes(layers), rank=1),
        Column(text.PARAMETERS, [c if c != "0" else "" for c in counts], right=True),
        Column(text.MMAC, macs, rank=2, right=True),
        Column(text.SHARE, _shares(layers), rank=4, ink="dim"),
    ]


def _shapes(layers: Sequence[Layer]) -> list[str]:
    """Shapes such as 64×32×32, the channels below each other."""
    channels = [str(layer.output[0]) if layer.output else "" for layer in layers]
    room = widest(channels)
    sizes = ("".join(f"×{size}" for size in layer.output[1:]) for layer in layers)
    return [cells.right(c, room) + size for c, size in zip(channels, sizes, strict=True)]


def _shares(layers: Sequence[Layer]) -> list[str]:
    """The share of all parameters as bars, a full one for the largest layer."""
    largest = max(1, *(layer.parameters for layer in layers))
    return [bar(layer.parameters / largest, SHARE_BAR) for layer in layers]
