"""The columns and rows of the layer table: the shape, cost and health of stages and layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from engine import numbers
from engine.protocol.events import Layer
from engine.run.layer_diagnosis import Diagnosis, Verdict, combined
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Ink
from tui.drawing.spark import bar
from tui.drawing.table import Column, fitting_columns, widest
from tui.panes.layers import layers_text, stage_tree
from tui.panes.layers.gradient_depth import gradient_scale
from tui.panes.layers.health_columns import health_columns
from tui.panes.layers.stage_tree import Node

# A name is cut to this before a column is left out.
NAME = 11
KERNEL = 8
# From these widths on, gradients are bars of several cells, and longer bars.
WIDE, WIDEST = 100, 150
BAR, LONG_BAR = 5, 16


class Form(NamedTuple):
    """How wide a table is drawn; it fits if its columns up to `rank` do.

    `digits` are those of a measured amount, `gap` is the space between columns, and `exact` says
    whether counts are.
    """

    digits: int
    gap: int
    exact: bool
    rank: int


# The best first.
FORMS = (
    Form(3, 2, True, 11),
    Form(3, 1, True, 11),
    Form(2, 1, True, 10),
    Form(2, 2, True, 9),
    Form(2, 1, True, 9),
    Form(2, 1, False, 9),
)


class LayerView(NamedTuple):
    """The visible part of a table: open groups, the chosen node, the first row."""

    opened: frozenset[int] = frozenset()
    selected: int | None = None
    first: int = 0


class LayerTable:
    """The layers of a model as a tree of rows; everything that never changes is computed once."""

    def __init__(self, layers: Sequence[Layer], side: int = 0) -> None:
        """`side` is the side of the image in pixels, 0 if it is not known."""
        self.layers = layers
        self.side = side
        self.tree = stage_tree.nodes(layers)
        self.rows = [_row_facts(layers[node.start : node.end], node) for node in self.tree]
        self._names = [harmless(node.label) for node in self.tree]
        self._outputs = _shapes([row.output for row in self.rows])
        self._macs = _mega([row.macs for row in self.rows])
        self._receptive = [self._field(row.receptive) for row in self.rows]
        self._widths = {
            "name": widest(_indented(self.tree, self._names, "▸")),
            "kernel": min(KERNEL, widest(row.kernel for row in self.rows)),
            "output": widest(self._outputs),
            "exact": widest(_exact(row.parameters) for row in self.rows),
            "short": widest(_short(row.parameters) for row in self.rows),
            "macs": widest(self._macs),
            "field": widest(self._receptive),
        }
        tops = [row for row, node in zip(self.rows, self.tree, strict=True) if not node.depth]
        self._largest = Largest(
            max((row.parameters for row in tops), default=0) or 1,
            max((row.macs for row in tops), default=0) or 1,
        )

    @property
    def is_closed(self) -> bool:
        """Whether the run has begun with a network whose layers cannot be seen."""
        return self.side > 0 and not self.layers

    def shares(self, node: int) -> tuple[str, str]:
        """The share of this row in the parameters and in the multiply-accumulates, in per cent."""
        row = self.rows[node]
        parameters = sum(layer.parameters for layer in self.layers) or 1
        macs = sum(layer.macs for layer in self.layers) or 1
        return numbers.whole(row.parameters / parameters), numbers.whole(row.macs / macs)

    def found(self, diagnosis: Diagnosis, node: int) -> Verdict | None:
        """The combined health of the layers of this row; if healthy, of those that compute."""
        layers = self.layers[self.tree[node].start : self.tree[node].end]
        everything = combined(diagnosis.of(layer.name for layer in layers))
        if everything is None or everything.problem:
            return everything
        return combined(diagnosis.of(layer.name for layer in layers if layer.macs)) or everything

    def columns(
        self, shown: Sequence[int], view: LayerView, diagnosis: Diagnosis, width: int
    ) -> list[Column]:
        """The columns for these rows; if they do not fit, they become narrower, then fewer."""
        bars = LONG_BAR if width >= WIDEST else BAR
        for form in FORMS:
            columns = self._fixed(shown, view.opened, form.gap, form.exact, bars)
            if diagnosis:
                columns += health_columns(
                    [self.found(diagnosis, i) for i in shown],
                    [self.rows[i].ink for i in shown],
                    gradient_scale(one.health.gradient for one in diagnosis.verdicts.values()),
                    form.gap,
                    bars if width >= WIDE else 1,
                    form.digits,
                )
            core = sum(column.room for column in columns[1:] if column.rank <= form.rank)
            if core + min(NAME, columns[0].cells) + 2 <= width:
                break
        return fitting_columns(columns, width, NAME)

    def _fixed(
        self, shown: Sequence[int], opened: frozenset[int], gap: int, exact: bool, bars: int
    ) -> list[Column]:
        """The columns that depend only on the architecture."""
        rows = [self.rows[i] for i in shown]
        inks = [row.ink for row in rows]
        names = _indented(
            [self.tree[i] for i in shown],
            [self._names[i] for i in shown],
            ["▾" if i in opened else "▸" for i in shown],
        )
        count, counts = (_exact, "exact") if exact else (_short, "short")
        widths = self._widths

        def column(
            heading: str, texts: list[str], rank: int, wide: str, right: bool = True
        ) -> Column:
            return Column(heading, texts, rank, right, inks=inks, least=widths[wide], gap=gap)

        columns = [
            column(layers_text.LAYER, names, 0, "name", right=False),
            column(layers_text.KERNEL, [row.kernel for row in rows], 8, "kernel", right=False),
            column(layers_text.OUTPUT, [self._outputs[i] for i in shown], 5, "output", right=False),
            column(shared_text.PARAMETERS, [count(row.parameters) for row in rows], 2, counts),
            _bars([row.parameters / self._largest.parameters for row in rows], bars, 13),
            column(layers_text.MMAC, [self._macs[i] for i in shown], 7, "macs"),
            _bars([row.macs / self._largest.macs for row in rows], bars, 12),
        ]
        if widths["field"]:
            fields = [self._receptive[i] for i in shown]
            columns.append(column(layers_text.RECEPTIVE, fields, 6, "field"))
        return columns

    def _field(self, receptive: int | None) -> str:
        """The receptive field, followed by `>` if it exceeds the image."""
        if receptive is None or not any(layer.receptive for layer in self.layers):
            return ""
        beyond = receptive > self.side > 0
        return f"{receptive or layers_text.WHOLE_IMAGE}{'>' if beyond else ' '}"


class RowFacts(NamedTuple):
    """Shape and costs of one row; `receptive` is None if the row has no receptive field."""

    kernel: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    receptive: int | None
    ink: Ink


class Largest(NamedTuple):
    """The counts that a full bar stands for."""

    parameters: int
    macs: int


def _row_facts(layers: Sequence[Layer], node: Node) -> RowFacts:
    computing = [layer for layer in layers if layer.macs]
    # A field of 0 stands for the whole image. Of several paths, the widest field counts.
    fields = [layer.receptive for layer in layers]
    return RowFacts(
        harmless(layers_text.blocks(node.groups) if node.groups > 1 else _kernel(layers)),
        layers[-1].output,
        sum(layer.parameters for layer in layers),
        sum(layer.macs for layer in layers),
        0 if 0 in fields else max(fields),
        "plain" if computing else "dim",
    )


def _kernel(layers: Sequence[Layer]) -> str:
    """The kernel of a layer; of several layers the largest kernel and its count, or their sizes."""
    if len(layers) == 1:
        return layers[0].detail or _kind(layers[0])
    computing = [layer.detail for layer in layers if layer.macs]
    kernels = Counter(detail.split(" ")[0] for detail in computing if "×" in detail)
    if kernels:
        largest = max(kernels, key=lambda kernel: (len(kernel), kernel))
        return f"{largest} ×{kernels[largest]}" if kernels[largest] > 1 else largest
    if computing:
        return f"{computing[0].split('→')[0]}→{computing[-1].split('→')[-1]}"
    return ""


def _kind(layer: Layer) -> str:
    """A short word for a layer that has no kernel."""
    return next((word for word in ("norm", "pool") if word in layer.kind.lower()), "") or (
        layer.kind.lower()
    )


def _indented(tree: Sequence[Node], names: Sequence[str], signs: str | Sequence[str]) -> list[str]:
    """The names with indents and the signs of groups."""
    each = signs if len(signs) == len(tree) else [signs[0]] * len(tree)
    grouped = any(node.group for node in tree)
    return [
        "  " * node.depth + (f"{sign} " if node.group else "  " if node.depth else "") + name
        if grouped
        else name
        for node, name, sign in zip(tree, names, each, strict=True)
    ]


def _bars(shares: Sequence[float], width: int, rank: int) -> Column:
    return Column("", [bar(one, width) for one in shares], rank, ink="dim", least=width, gap=1)


def _shapes(shapes: Sequence[tuple[int, ...]]) -> list[str]:
    """Shapes such as 64×32×32, the channels below each other."""
    channels = [str(shape[0]) if shape else "" for shape in shapes]
    room = widest(channels)
    sizes = ("".join(f"×{size}" for size in shape[1:]) for shape in shapes)
    return [cells.right(c, room) + size for c, size in zip(channels, sizes, strict=True)]


def _mega(macs: Sequence[int]) -> list[str]:
    """Millions, all with the same number of decimals."""
    largest = max(macs, default=0) / 1e6
    digits = 2 if largest < 10 else 1 if largest < 1000 else 0
    return [f"{count / 1e6:,.{digits}f}" if count else "" for count in macs]


def _exact(count: int) -> str:
    return f"{count:,}" if count else ""


def _short(count: int) -> str:
    return numbers.count(count) if count else ""
