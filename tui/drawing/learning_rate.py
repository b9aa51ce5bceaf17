"""The learning rate: measured and planned."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from engine import numbers
from engine.recipes import schedule
from engine.recipes.schedule import Plan
from engine.run.history import History
from tui import shared_text
from tui.drawing import axis, cells, drawing_text, place_words, series, spark
from tui.drawing.axis import Limits
from tui.drawing.cells import Row, Span
from tui.drawing.curve_facts import cursor_labels
from tui.drawing.frame import fitting
from tui.drawing.plot import Line, plot
from tui.drawing.scale import Scale, beside_labels, round_limits
from tui.drawing.series import nearest

# A factor that is nearer to 1 than this counts as 1.
NO_FACTOR = 1e-3
# The plan of a whole run is looked at in this many columns.
WHOLE_COLUMNS = 200
# A strip of fewer columns shows only the rate now beside it.
LEAST_STRIP = 30


def rate_pane(
    history: History, width: int, height: int, *, window: Limits, cursor: float | None = None
) -> list[Row]:
    """The rate over this window of epochs: bright if measured, dim if planned."""
    if width < 1 or height < 1:
        return [()] * height
    left = axis.gutter(width)
    room = width - left
    past, planned = past_rates(history, window), planned_rates(history, window, room)
    scale = rate_scale((past, planned))
    lines = [line for line in (planned, past) if line.x]
    drawn = plot(lines, room, height, window, (scale.low, scale.high))
    if not lines:
        drawn[height // 2] = cells.centred(room, drawing_text.NO_RATE)
    if cursor is not None:
        drawn = axis.with_cursor(drawn, axis.column_in(window, cursor, room))
    return [cells.fit(row, width) for row in beside_labels(drawn, scale, left)]


def rate_facts(history: History, room: int) -> Row:
    """`now 0.0730   next epoch 0.0512   one-cycle × plateau 0.2   dim = planned`, or less of it.

    A factor of 1 is left out.
    """
    if history.rate is None or history.run is None:
        return ()
    now = rates_now(history, drawing_text.NEXT_EPOCH)
    recipe = history.recipe
    if recipe is None:
        return fitting([now, now[1:2]], room)
    kind = shared_text.SCHEDULES[recipe.schedule]
    warm = drawing_text.after_warmup(kind, recipe.warmup) if recipe.warmup else kind
    factors = _factors(history)
    planned = Span(f"   {drawing_text.PLANNED}", "dim")
    named = [(*now, Span(f"   {name}", "dim"), *factors) for name in (warm, kind)]
    forms = [(*named[0], planned)] if history.ended is None else []
    forms += named
    if factors:
        forms += [(*now[:2], Span(f"   {kind}", "dim"), *factors)]
    forms += [now, now[:2], now[1:2]]
    return fitting(forms, room)


def rates_now(history: History, ahead: str) -> Row:
    """`now 0.0730   next 0.0512`: the rate now, and at the start of the next epoch if there is one.

    `ahead` names the second one. After the end of the run, there is only the last one.
    """
    rate = history.rate if history.rate is not None else history.planned_rate(0)
    name = drawing_text.NOW if history.ended is None else drawing_text.LAST
    now = (Span(f"{name} ", "dim"), Span(numbers.significant(rate)))
    soon = next_rate(history)
    if soon is None:
        return now
    return (*now, Span(f"   {ahead} ", "dim"), Span(numbers.significant(soon)))


def next_rate(history: History) -> float | None:
    """The planned rate at the start of the next epoch; None in the last one, and after the end."""
    step = history.epoch * history.steps_per_epoch
    if history.ended is not None or history.plan is None or step >= history.plan.steps:
        return None
    return history.planned_rate(step)


class RatePoint(NamedTuple):
    """A learning rate, and the epoch at which the run has it."""

    epoch: float
    rate: float


def peak_rate(history: History) -> RatePoint | None:
    """The highest rate, past or planned; None without a plan, or if the rate hardly changes."""
    rates = _whole_run(history)
    if not rates or max(r.rate for r in rates) <= 1.01 * min(r.rate for r in rates):
        return None
    return max(rates, key=lambda point: point.rate)


def end_rate(history: History) -> float | None:
    """The planned rate of the last step, or the last one of a run that has ended."""
    if history.plan is None or history.plan.steps < 1:
        return None
    return history.rate if history.ended else history.planned_rate(history.plan.steps - 1)


def _whole_run(history: History) -> list[RatePoint]:
    window = (0.0, float(history.planned_places or series.epochs_done(history)))
    lines = past_rates(history, window), planned_rates(history, window, WHOLE_COLUMNS)
    points = (RatePoint(x, y) for line in lines for x, y in zip(line.x, line.y, strict=True))
    return [point for point in points if math.isfinite(point.rate)]


def rate_cursor_facts(history: History, epoch: float, reach: float, room: int) -> Row:
    """`▲ epoch 12.4, step 1,215   0.073012`, and `planned` if the step lies ahead.

    The nearest measured rate may be `reach` epochs away.
    """
    step = round(epoch * history.steps_per_epoch)
    ahead = step > history.step
    rate = _planned_at(history, step - 1) if ahead else rate_at(history, epoch, reach)
    value = Span(shared_text.NONE if rate is None else numbers.exact(rate))
    note = (Span(f"   {drawing_text.IS_PLANNED}", "dim"),) if ahead and rate is not None else ()
    long, short, least = cursor_labels(place_words.forms(history, epoch))
    forms = [(*place, Span("   "), value, *note) for place in (long, short, least)]
    return fitting([*forms, (*least, Span("  "), value), (value,)], room)


def rate_at(history: History, epoch: float, reach: float) -> float | None:
    """The measured rate nearest to this epoch; None if none is within reach."""
    past = past_rates(history, (0.0, math.inf))
    return nearest(list(zip(past.x, past.y, strict=True)), epoch, reach)


def _factors(history: History) -> Row:
    named = (
        (drawing_text.PLATEAU, history.plateau_factor),
        (shared_text.YOU, history.steered_factor),
    )
    spans: list[Span] = []
    for name, factor in named:
        if math.isfinite(factor) and abs(factor - 1) > NO_FACTOR:
            spans += [Span(f" × {name} ", "dim"), Span(numbers.short(factor))]
    return tuple(spans)


def rate_strip(history: History, width: int) -> Row:
    """The rates of the whole run as a progress bar in one row, with `┃` at the current step."""
    plan, step = history.plan, history.step
    if plan is None or plan.steps <= 0:
        return cells.fit(cells.row(" ", Span(shared_text.RATE, "dim")), width)
    done = axis.share(step, 0, plan.steps)
    rates, share = rates_now(history, drawing_text.NEXT), Span(f"   {numbers.whole(done):>3} % ")
    room = width - cells.width((*rates, share)) - cells.width([Span(shared_text.RATE)]) - 5
    if room < LEAST_STRIP:  # the rate now alone
        room += cells.width(rates[2:])
        rates = rates[:2]
    bar = _bar(history, plan.steps, room)
    at = axis.column(done, 1.0, max(1, room))
    row = cells.row(
        " ",
        Span(shared_text.RATE, "dim"),
        " ",
        Span(bar[:at], "rate"),
        Span("┃" if bar else "", "key"),
        Span(bar[at + 1 :], "dim"),
        "   ",
        *rates,
        share,
    )
    return cells.fit(row, width)


def _bar(history: History, steps: int, width: int) -> str:
    """The rates as they were, and as they are planned."""
    past = [(b.step, b.mean) for b in history.lr.bins()]
    middles = [int((i + 0.5) * steps / width) for i in range(width)]
    done = history.step if past else 0
    rates = [nearest(past, step, math.inf) for step in middles if step < done]
    rates += [history.planned_rate(step) for step in middles if step >= done]
    return spark.sparkline(rates, width, low=0.0)


def rate_scale(lines: tuple[Line, Line]) -> Scale:
    """From 0 to the highest rate in these lines."""
    rates = [rate for line in lines for rate in line.y]
    highest = max((rate for rate in rates if math.isfinite(rate)), default=1.0)
    return Scale(*round_limits(0.0, highest))


def past_rates(history: History, window: Limits) -> Line:
    """The measured rates in this window of epochs."""
    epoch = history.steps_per_epoch
    bins = [b for b in history.lr.bins() if window[0] <= b.step / epoch <= window[1]]
    return Line([b.step / epoch for b in bins], [b.mean for b in bins], "rate")


def planned_rates(history: History, window: Limits, width: int) -> Line:
    """The plan from the last measured rate to the end of the window or of the run.

    It has two points in each column, whose positions are fixed: the curve ahead does not change
    while the run goes on.
    """
    plan, epoch = history.plan, history.steps_per_epoch
    step = history.steps.step if history.steps is not None else history.step
    now = max(window[0], min(step, history.step) / epoch)
    end = window[1] if plan is None else min(window[1], plan.steps / epoch)
    if plan is None or now >= end:
        return Line([], [], "dim")
    plateau = _sound(history.plateau_factor)
    points = max(1, 2 * width)
    length = window[1] - window[0]
    places = (window[0] + length * (i + 0.5) / points for i in range(points))
    xs = [now, *(x for x in places if now < x < end), end]
    return Line(xs, [_ahead(plan, int(x * epoch), plateau) for x in xs], "dim")


@functools.lru_cache(maxsize=1024)
def _ahead(plan: Plan, step: int, plateau: float) -> float:
    """The rate of this 0-based step, or of the nearest one in the plan; NaN without steps."""
    if plan.steps < 1:
        return math.nan
    return schedule.learning_rate(plan, min(plan.steps - 1, max(0, step)), plateau)


def _planned_at(history: History, step: int) -> float | None:
    """The rate of this step with the factor of plateau; None without a plan."""
    if history.plan is None or history.plan.steps < 1:
        return None
    return _ahead(history.plan, step, _sound(history.plateau_factor))


def _sound(factor: float) -> float:
    return factor if math.isfinite(factor) else 1.0
