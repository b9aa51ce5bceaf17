"""The learning rate: what it was, what it will be."""

from __future__ import annotations

import math

from engine import schedule
from engine.history import History
from engine.schedule import Plan
from tui import text
from tui.drawing import axis, cells, numbers, spark
from tui.drawing.axis import Limits
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.plot import Line, plot


def rate_pane(history: History, width: int, height: int, *, span: float) -> list[Row]:
    """The rate over `span` epochs, past bright and planned dim, with labels at the left."""
    if width < 1 or height < 1:
        return [()] * height
    left = axis.gutter(width)
    limits = rate_limits(history)
    lines = [line for line in (_planned(history, span, width - left), _past(history)) if line.x]
    drawn = plot(lines, width - left, height, (0.0, span), limits)
    return [cells.fit(row, width) for row in axis.beside_labels(drawn, *limits, left)]


def rate_facts(history: History, room: int) -> Row:
    """`0.0730   one-cycle, dim = planned`, or the rate alone."""
    if history.steps is None or history.run is None:
        return ()
    now = Span(numbers.rate(history.steps.lr))
    kind = text.SCHEDULES[history.run.recipe.schedule]
    long = (now, Span(f"   {kind}, {text.PLANNED}", "dim"))
    return fitting([long, (now, Span(f"   {kind}", "dim")), (now,)], room)


def rate_strip(plan: Plan | None, step: int, width: int, factor: float = 1.0) -> Row:
    """The whole schedule in one row as a progress bar, `┃` at this step.

    `factor` is by how much the planned rate was scaled.
    """
    if plan is None or plan.steps <= 0:
        return cells.fit(cells.row(" ", Span(text.RATE, "dim")), width)
    done = axis.share(step, 0, plan.steps)
    now = schedule.learning_rate(plan, min(max(0, step - 1), plan.steps - 1), _sound(factor))
    end = f"   {numbers.rate(now)}   {numbers.whole(done):>3} % "
    room = width - len(end) - cells.width([Span(text.RATE)]) - 2
    bar = _bar(plan, room)
    at = axis.column(done, 1.0, max(1, room))
    row = cells.row(
        " ",
        Span(text.RATE, "dim"),
        " ",
        Span(bar[:at], "rate"),
        Span("┃" if bar else "", "key"),
        Span(bar[at + 1 :], "dim"),
        end,
    )
    return cells.fit(row, width)


def _bar(plan: Plan, width: int) -> str:
    steps = [int((i + 0.5) * plan.steps / width) for i in range(width)]
    return spark.sparkline([schedule.learning_rate(plan, step) for step in steps], width, low=0.0)


def rate_limits(history: History) -> Limits:
    """From 0 to the highest rate of the plan and of the past."""
    rates = [bin_.high for bin_ in history.lr.bins()]
    if history.plan is not None:
        rates.append(history.plan.lr)
    highest = max((rate for rate in rates if math.isfinite(rate)), default=1.0)
    return axis.round_limits(0.0, highest)


def _past(history: History) -> Line:
    bins = history.lr.bins()
    return Line(
        [bin_.step / history.steps_per_epoch for bin_ in bins], [b.mean for b in bins], "rate"
    )


def _planned(history: History, span: float, width: int) -> Line:
    """The plan from now to the end of the axis."""
    plan, epoch = history.plan, history.steps_per_epoch
    now, end = history.step / epoch, span if plan is None else min(span, plan.steps / epoch)
    if plan is None or now >= end:
        return Line([], [], "dim")
    factor = _sound(history.plateau_factor)
    points = max(1, 2 * width)
    xs = [now + (end - now) * i / points for i in range(points + 1)]
    steps = [min(plan.steps - 1, int(x * epoch)) for x in xs]
    steered = history.steered_factor
    rates = [schedule.learning_rate(plan, step, factor, steered) for step in steps]
    return Line(xs, rates, "dim")


def _sound(factor: float) -> float:
    return factor if math.isfinite(factor) else 1.0
