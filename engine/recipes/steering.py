"""What a person makes of the plan of a run: another rate, a factor, or another end.

A rate that was asked for holds: from its step on, the schedule falls from it and never rises above
it. A factor scales a plan that still rises; once it falls, it asks for that multiple of the rate.
Another end keeps what was asked for, and the schedule falls from it to the new end.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from engine import text
from engine.errors import UsageError
from engine.recipes import recipe_text, schedule
from engine.recipes.recipe import HIGHEST_RATE, MOST_EPOCHS, Recipe
from engine.recipes.schedule import Asked, Steering

# A rate above this multiple of the recipe's is a slip more often than a wish.
FAR_ABOVE = 100


class RateFarAboveError(UsageError):
    """The change leads to this rate, which a person must confirm."""

    def __init__(self, rate: float, usual: float) -> None:
        super().__init__(recipe_text.rate_far_above(rate, usual))
        self.rate, self.usual = rate, usual


class Change(NamedTuple):
    """What a person asks for, see `commands.Steer`; `sure` allows a rate far above the recipe's."""

    lr: float | None = None
    scale: float | None = None
    epochs: int | None = None
    sure: bool = False


class Position(NamedTuple):
    """A run in this epoch, from 1, before the step with this 0-based number.

    `plateau` is the factor of reduce-on-plateau.
    """

    recipe: Recipe
    steps_per_epoch: int
    epoch: int
    step: int
    plateau: float = 1.0

    def plan(self, steering: Steering) -> schedule.Plan:
        return schedule.plan(self.recipe, self.steps_per_epoch, steering)

    def rate(self, steering: Steering) -> float:
        """The learning rate of the next step."""
        return schedule.learning_rate(self.plan(steering), self.step, self.plateau)

    def highest(self, steering: Steering) -> float:
        """A bound of the learning rates from the next step on."""
        return schedule.highest_ahead(self.plan(steering), self.step, self.plateau)

    def factor(self, steering: Steering) -> float:
        """The learning rate of the next step over the one without steering."""
        unsteered = self.rate(Steering(epochs=steering.epochs))
        return self.rate(steering) / unsteered if unsteered else 1.0


def steered(at: Position, before: Steering, change: Change) -> Steering:
    """The steering after a change.

    Raises UsageError where the change asks for nothing, or for what cannot be, and
    RateFarAboveError where a person must confirm it.
    """
    _check(at, change)
    after = before if change.epochs is None else _ending_after(at, before, change.epochs)
    if change.lr is None and change.scale is None:
        return after
    if at.step >= at.plan(after).steps:
        raise UsageError(recipe_text.NO_STEP_LEFT)
    if change.lr is not None:
        after = Steering(epochs=after.epochs, asked=_asked(at, change.lr))
    if change.scale is not None:
        after = _scaled(at, after, change.scale)
    if not 0 < at.highest(after) <= HIGHEST_RATE:
        raise UsageError(text.rate_out_of_range(HIGHEST_RATE))
    if not change.sure and _is_far_above(at, before, after):
        raise RateFarAboveError(at.highest(after), at.recipe.lr)
    return after


def _check(at: Position, change: Change) -> None:
    rates = [rate for rate in (change.lr, change.scale) if rate is not None]
    if not rates and change.epochs is None:
        raise UsageError(recipe_text.STEERED_NOTHING)
    if not all(0 < rate <= HIGHEST_RATE for rate in rates):
        raise UsageError(text.rate_out_of_range(HIGHEST_RATE))
    if change.epochs is not None and change.epochs > MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(MOST_EPOCHS))
    if change.epochs is not None and change.epochs < at.epoch:
        raise UsageError(text.too_few_epochs(change.epochs, at.epoch))


def _asked(at: Position, rate: float) -> Asked:
    return Asked(step=at.step, rate=rate, plateau=at.plateau)


def _is_far_above(at: Position, before: Steering, after: Steering) -> bool:
    highest = at.highest(after)
    return highest > FAR_ABOVE * at.recipe.lr and highest > at.highest(before)


def _scaled(at: Position, before: Steering, scale: float) -> Steering:
    plan = at.plan(before)
    if before.asked is None and at.step < schedule.rises_until(plan):
        return replace(before, factor=before.factor * scale)
    return Steering(epochs=before.epochs, asked=_asked(at, scale * at.rate(before)))


def moved_to_epochs_of(steps: int, before: int, steering: Steering) -> Steering:
    """The same steering in a run whose epochs have `steps` steps, where they had `before`."""
    asked = steering.asked
    if asked is None:
        return steering
    return replace(steering, asked=replace(asked, step=asked.step * steps // before))


def _ending_after(at: Position, before: Steering, epochs: int) -> Steering:
    """The same steering to another end.

    Older versions kept a factor for a rate that was asked for, even near the end of a schedule,
    where it is huge. Such a factor becomes the rate that it made last.
    """
    after = replace(before, epochs=epochs)
    if not _is_far_above(at, before, after):
        return after
    last = at._replace(step=min(at.step, at.plan(before).steps - 1))
    return Steering(epochs=epochs, asked=_asked(last, last.rate(before)))
