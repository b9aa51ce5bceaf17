"""Sentences that explain the learning rate and its schedule."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.recipes import schedule
from engine.run.history import History
from tui.panes.rate import rate_text

# Below 1 minus this, the factor means that reduce-on-plateau has lowered the rate.
LOWERED = 0.02


def sentences(history: History) -> Iterator[str]:
    yield rate_text.EXPLAIN_RATE
    plan = history.plan
    if plan is None:
        yield rate_text.EXPLAIN_NO_PLAN
        return
    yield _now(plan, history)
    if history.steered_factor != 1.0:
        yield rate_text.explain_steered(numbers.short(history.steered_factor))
    elif plan.kind != "constant" and history.plateau_factor < 1 - LOWERED:
        yield rate_text.explain_plateau(numbers.short(history.plateau_factor))


def _now(plan: schedule.Plan, history: History) -> str:
    """The sentence for the present part of the schedule."""
    step = min(history.step, max(0, plan.steps - 1))
    if step < plan.warmup:
        return rate_text.EXPLAIN_WARMUP
    passed = [at for at in plan.milestones if plan.kind == "step" and at <= step]
    if passed:
        epoch = passed[-1] // history.steps_per_epoch + 1
        return rate_text.explain_drop(f"{plan.gamma:g}", epoch)
    now = schedule.learning_rate(plan, step)
    soon = schedule.learning_rate(plan, min(plan.steps - 1, step + history.steps_per_epoch))
    if soon > now:
        return rate_text.EXPLAIN_RISES
    return rate_text.EXPLAIN_FALLS if soon < now else rate_text.EXPLAIN_CONSTANT
