"""The load of the machine over the time of the run, for a pane with room below its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.run.curve import Curve
from engine.run.fold import CPU_LOAD, ENGINE_LOAD, GPU_LOAD, MEMORY_LOAD, SPEED_LOAD
from engine.run.history import History
from tui.drawing import axis, cells
from tui.drawing.cells import Row, Span
from tui.drawing.scale import Scale, round_limits
from tui.panes.machine import machine_pane_text
from tui.panes.scalars.scalar_drawing import Scalar, curves_plot

# The least size in cells of a plot, without its two lines of words, and of a pane that has plots.
LEAST_ROWS, LEAST_WIDTH = 4, 40
# The plots one below the other, each with the loads that it shows.
PLOTS = ((GPU_LOAD, CPU_LOAD, ENGINE_LOAD, MEMORY_LOAD), (SPEED_LOAD,))


def load_curves(history: History, width: int, height: int) -> list[Row]:
    """The shares in use, and below them, if there is room, the images per second.

    Empty without room or samples.
    """
    shown = [[name for name in names if name in history.load] for names in PLOTS]
    shown = [names for names in shown if names][: height // (LEAST_ROWS + 2)]
    end = max((curve.bins()[-1].step for curve in history.load.values()), default=0.0)
    if not shown or width < LEAST_WIDTH or end <= 0:
        return []
    each = height // len(shown) - 2
    return [row for names in shown for row in _plot(history, names, width, each, end)]


def _plot(history: History, names: Sequence[str], width: int, height: int, end: float) -> list[Row]:
    """A legend with the newest values, the curves on one scale, and the time below them."""
    is_speed = names[0] == SPEED_LOAD
    drawn = [(name, _line(history.load[name], 1.0 if is_speed else 100.0)) for name in names]
    highest = max((value for _, line in drawn for _, value in line), default=0.0)
    scale = Scale(*round_limits(0.0, highest)) if is_speed else Scale(0.0, 100.0)
    curves = [Scalar(name, line[-1][1], i, line, scale) for i, (name, line) in enumerate(drawn)]
    legend = [Span(f"   {one.letter} {_named(one, history)}", one.ink) for one in curves]
    plot = curves_plot(curves, 0, width, height, window=(0.0, end))
    return [cells.row(*legend), *plot, _time_axis(end, width)]


def _named(one: Scalar, history: History) -> str:
    """The load with its newest value; the speed is the one of the status row."""
    name = machine_pane_text.LOADS[one.name]
    if one.name == ENGINE_LOAD and history.watched is not None:
        name = machine_pane_text.SCRIPT_LOAD
    if one.name == SPEED_LOAD:
        return f"{numbers.speed(history.pace)} {name}"
    return f"{name} {numbers.whole((one.value or 0.0) / 100)} %"


def _line(curve: Curve, scale: float) -> list[tuple[float, float]]:
    return [(bin_.step, scale * bin_.mean) for bin_ in curve.bins()]


def _time_axis(end: float, width: int) -> Row:
    """`start ──── 5:00 ──── 10:00`: the time since the first event of the run."""
    left = axis.gutter(width)
    line = [axis.LINE] * width
    for part in (0.0, 1.0, 0.5):
        label = numbers.duration(part * end) if part else machine_pane_text.START
        at = left + int(part * (width - left)) - int(part * (len(label) + 2))
        axis.place(line, max(0, at), (Span(f" {label} ", "dim"),))
    return cells.merged(line)
