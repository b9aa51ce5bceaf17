"""The layers pane: the visible part of its table, and the facts in its border."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.protocol.events import RunStarted
from engine.run.layer_diagnosis import Diagnosis, Verdict
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.table import table
from tui.panes.layers import layers_text, stage_tree
from tui.panes.layers.gradient_depth import INKS, amount, depth_line
from tui.panes.layers.layer_columns import LayerTable, LayerView

# From this height on, the gradient by depth stands below the table.
TALL = 6


def layer_pane(
    shape: LayerTable,
    diagnosis: Diagnosis,
    view: LayerView,
    width: int,
    height: int,
    no_health: str = "",
) -> list[Row]:
    """The table from the first row of the view, and below it the gradient by depth.

    Until the first report, the sentence `no_health` stands there.
    """
    if not shape.tree:
        words = layers_text.CLOSED if shape.is_closed else layers_text.NO_LAYERS
        rows = [cells.row(Span(" " + words, "dim"))]
    else:
        shown = stage_tree.shown(shape.tree, view.opened)
        room = rows_room(height)
        first = max(0, min(view.first, len(shown) - room))
        visible = shown[first : first + room]
        rows = table(shape.columns(visible, view, diagnosis, width), width)
        if view.selected in visible:
            at = 1 + visible.index(view.selected)
            rows[at] = _selected(rows[at])
        rows = rows[height < 2 :]
    blank: list[Row] = [()] * (height - len(rows))
    rows = [*rows, *blank][: max(0, height)]
    if height >= TALL and shape.tree:
        none = cells.row(Span(" " + no_health, "dim")) if no_health else ()
        rows[-1] = depth_line(shape.layers, diagnosis, width) if diagnosis else none
    return [cells.fit(cells.shortened(row, width), width) for row in rows]


def rows_room(height: int) -> int:
    """The rows of layers in a pane whose inside has this height."""
    return max(1, height - (height >= 2) - (height >= TALL))


def scrolled(first: int, at: int, room: int) -> int:
    """The first row to show, moved as little as needed to see the row `at`."""
    return min(at, max(first, at - room + 1))


def rows_shown(rows: int, first: int, height: int) -> str:
    """`1–9 of 17`, unless all rows are visible."""
    room = rows_room(height)
    if rows <= room or height <= 0:
        return ""
    first = max(0, min(first, rows - room))
    return shared_text.rows_of(first + 1, first + room, rows)


def legend(shape: LayerTable, shown: Sequence[int], when: str, room: int) -> Row:
    """`epoch 12   RF > : wider than the 32 px of an image`: what the table does not say."""
    beyond = any((shape.rows[node].receptive or 0) > shape.side > 0 for node in shown)
    sign = layers_text.beyond(shape.side) if beyond else ""
    forms = ("   ".join(filter(None, (when, sign))), when, sign)
    return fitting([cells.row(Span(form, "dim")) for form in forms], room)


def explanation(shape: LayerTable, diagnosis: Diagnosis, node: int) -> Row:
    """The problem of this row in words; if it is healthy, its shares and a too wide field."""
    name = Span(harmless(shape.tree[node].name) + "   ", "selected")
    found = shape.found(diagnosis, node)
    if found is not None and found.problem:
        return (name, Span(_words(found), INKS[found.problem]))
    row = shape.rows[node]
    facts = []
    if row.parameters:
        facts.append(layers_text.shares(*shape.shares(node)))
    if (row.receptive or 0) > shape.side > 0:
        facts.append(layers_text.wider_than(row.receptive or 0, shape.side))
    return cells.row(name, Span("   ".join(facts), "dim"))


def layer_facts(run: RunStarted | None, room: int) -> Row:
    """`11.17 M parameters   555 MMAC`, or a shorter form that fits."""
    if run is None or not run.parameters:
        return ()
    macs = f"{run.macs / 1e6:.0f}" if run.macs >= 1e7 else f"{run.macs / 1e6:.2g}"
    if not run.macs:  # another program may not tell them
        macs = ""
    count = run.parameters
    exact = f"{count / 1e6:.2f} M" if count >= 1e6 else f"{count:,}"
    forms = (
        layers_text.parameters(exact, macs),
        layers_text.parameters_short(numbers.count(count), macs),
        numbers.count(count),
    )
    return fitting([(Span(form),) for form in forms], room)


def _selected(row: Row) -> Row:
    """The row with a sign before its name, both in the ink of a selection."""
    name, *others = row
    return (Span("›" + name.text[1:], "selected"), *others)


def _words(found: Verdict) -> str:
    health = found.health
    if found.problem == "dead":
        return layers_text.dead_units(numbers.whole(health.dead))
    if found.problem == "vanishing":
        return layers_text.vanishes(amount(health.gradient))
    return layers_text.explodes(amount(health.gradient), amount(health.update))
