"""Sentences that explain the learning rate and its schedule, from the rates that the pane shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from engine.numbers import number, short, significant
from engine.recipes import schedule
from engine.run.history import History
from engine.text import harmless
from tui.drawing import learning_rate
from tui.panes.rate import rate_text

# Rates that differ by less than this share are written alike: the rate stays.
ALIKE = 0.005
# Below 1 minus this, the factor means that reduce-on-plateau has lowered the rate.
LOWERED = 0.02
# Schedules whose rate stays within an epoch, so that a change between two epochs is a drop.
IN_STEPS = ("constant", "step")


def sentences(history: History) -> Iterator[str]:
    yield rate_text.EXPLAIN_RATE
    plan = history.plan
    rate = history.rate if history.rate is not None else history.planned_rate(history.step)
    if history.watched is not None and rate is not None:
        program = harmless(history.watched.program)
        yield rate_text.explain_set_by(program, significant(rate), over=history.ended is not None)
        return
    if plan is None or rate is None:
        yield rate_text.EXPLAIN_NO_PLAN
        return
    soon = learning_rate.next_rate(history)
    if history.ended is not None or soon is None:
        yield from _at_the_end(history, rate)
    else:
        yield from _ahead(history, plan, rate, soon)
    if plan.kind in IN_STEPS:
        yield from _last_change(history, rate)
    elif plan.asked is None and history.plateau_factor < 1 - LOWERED:
        yield rate_text.explain_plateau(short(history.plateau_factor))
    if history.steered is not None and plan.asked is not None:
        epoch = plan.asked.step // history.steps_per_epoch + 1
        yield rate_text.explain_asked(short(plan.asked.rate), epoch)
    elif plan.factor != 1.0:
        yield rate_text.explain_factor(short(plan.factor))


def _at_the_end(history: History, rate: float) -> Iterator[str]:
    peak, written = learning_rate.peak_rate(history), significant(rate)
    is_over = history.ended is not None
    yield rate_text.explain_over(written) if is_over else rate_text.explain_last(written)
    if peak is not None:
        yield rate_text.explain_peak(significant(peak.rate))


def _ahead(history: History, plan: schedule.Plan, rate: float, soon: float) -> Iterator[str]:
    """The rate now, that of the next epoch, and why it moves there."""
    now, then = significant(rate), significant(soon)
    if abs(soon - rate) <= ALIKE * max(rate, soon):
        yield rate_text.explain_stays(now)
    elif soon < rate:
        yield rate_text.explain_falls(now, then)
    elif history.step < plan.warmup and plan.asked is None:
        yield rate_text.explain_warmup(now, then)
    else:
        yield rate_text.explain_rises(now, then)


def _last_change(history: History, rate: float) -> Iterator[str]:
    """The last change from the end of an epoch to that of the next, or to now."""
    known = [(epoch.epoch, number(epoch.lr)) for epoch in history.epochs]
    if not known or history.epoch > known[-1][0]:
        known.append((history.epoch, rate))
    warm = history.plan.warmup / history.steps_per_epoch if history.plan is not None else 0.0
    for (_, before), (epoch, after) in reversed([*itertools.pairwise(known)]):
        if epoch > warm + 1 and abs(after - before) > ALIKE * max(before, after):
            yield rate_text.explain_change(epoch, significant(before), significant(after))
            return
