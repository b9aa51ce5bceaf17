"""When a training has had enough steps to be judged by what it has learned."""

from __future__ import annotations

from engine.recipes import schedule

# A sound network leaves a guess within some tens of steps at its full learning rate.
FEWEST_STEPS = 100
# After so many steps it has learned something at any rate of a long rise.
MANY_STEPS = 2000


def had_fair_trial(plan: schedule.Plan, step: int) -> bool:
    """Whether a run with this plan should have learned something by the end of this step."""
    enough = step >= FEWEST_STEPS and not schedule.rises(plan, step)
    return enough or step >= MANY_STEPS
