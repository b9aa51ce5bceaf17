"""The learning rate as a pure function of the step, the recipe, and what people steered.

The trainer sets the rate before each step, and the viewer draws the plan with the same function.
Warm-up, linear, step, cosine and one-cycle agree with `torch.optim.lr_scheduler` (LinearLR,
MultiStepLR, CosineAnnealingLR, OneCycleLR), and `after_epoch` with ReduceLROnPlateau. A warm-up
scales any schedule; the cosine begins after it.
"""

from __future__ import annotations

import math

import msgspec

from engine.recipes.recipe import Recipe

# Smith & Topin 2018, with the defaults of torch.optim.lr_scheduler.OneCycleLR.
ONECYCLE_RISE = 0.3
ONECYCLE_START = 1 / 25
ONECYCLE_END = 1 / 25 / 1e4

# The default `threshold` of PyTorch's ReduceLROnPlateau and the default `min_delta` of Keras'.
PLATEAU_THRESHOLD = PLATEAU_DELTA = 1e-4


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A learning rate that a person asked for, at the step with this 0-based number.

    `plateau` is the factor of reduce-on-plateau at that step; only later drops lower the rate.
    """

    step: int
    rate: float
    plateau: float = 1.0


class Steering(msgspec.Struct, frozen=True, kw_only=True):
    """What people have made of the plan: the total of epochs, a rate, and a factor on all rates."""

    epochs: int
    factor: float = 1.0
    asked: Asked | None = None


class Plan(msgspec.Struct, frozen=True):
    """A schedule over a number of steps, as people have steered it.

    `steps`, `warmup`, `milestones` and `peak` are in steps. `floor` is the lowest learning rate.
    """

    kind: str
    lr: float
    steps: int
    warmup: int
    milestones: tuple[int, ...]
    gamma: float
    floor: float
    peak: int
    factor: float = 1.0
    asked: Asked | None = None


def plan(recipe: Recipe, steps_per_epoch: int, steering: Steering | None = None) -> Plan:
    """The recipe's schedule in steps, with this steering."""
    steering = steering or Steering(epochs=recipe.epochs)
    return Plan(
        kind=recipe.schedule,
        lr=recipe.lr,
        steps=steering.epochs * steps_per_epoch,
        warmup=round(recipe.warmup * steps_per_epoch),
        milestones=tuple((epoch - 1) * steps_per_epoch for epoch in recipe.milestones),
        gamma=recipe.gamma,
        floor=recipe.lr_floor,
        peak=round(recipe.peak * steering.epochs * steps_per_epoch),
        factor=steering.factor,
        asked=steering.asked,
    )


def learning_rate(plan: Plan, step: int, plateau: float = 1.0) -> float:
    """The learning rate of the step with this 0-based number; after the end, that of the last step.

    `plateau` is the factor of reduce-on-plateau, which stops at the floor.
    """
    step = min(step, plan.steps - 1)
    if plan.asked is not None:
        return plan.factor * _from_asked(plan, plan.asked, step, plateau)
    rate = _SHAPES[plan.kind](plan, step)
    if step < plan.warmup:
        rate *= (step + 1) / plan.warmup
    if plateau != 1.0:
        rate = max(rate * plateau, plan.floor)
    return plan.factor * rate


def _from_asked(plan: Plan, asked: Asked, step: int, plateau: float) -> float:
    """The rate that was asked for, held where the schedule would rise, and falling with it."""
    level = _falling(plan, asked.step)
    rate = asked.rate * (_falling(plan, max(step, asked.step)) / level) if level else 0.0
    if plateau != asked.plateau:
        rate = max(rate * plateau / asked.plateau, min(plan.floor, asked.rate))
    return rate


def highest_ahead(plan: Plan, step: int, plateau: float = 1.0) -> float:
    """No rate from this step on is above this one; `plateau` does not rise."""
    return plan.factor * plan.lr if rises(plan, step) else learning_rate(plan, step, plateau)


def rises(plan: Plan, step: int) -> bool:
    """Whether the step with this 0-based number comes before the highest rate of the plan."""
    return plan.asked is None and step < rises_until(plan)


def rises_until(plan: Plan) -> float:
    """The step from which on the unsteered schedule never rises."""
    return max(plan.warmup, _top(plan))


def _top(plan: Plan) -> float:
    """The step at which the shape, without a warm-up, is highest."""
    if plan.kind == "onecycle":
        return _onecycle_peak(plan)
    return plan.peak if plan.kind == "linear" else 0


def _falling(plan: Plan, step: int) -> float:
    """The shape without its warm-up and its rise: it never rises."""
    return _SHAPES[plan.kind](plan, max(step, _top(plan)))


def _constant(plan: Plan, step: float) -> float:
    return plan.lr


def _step(plan: Plan, step: float) -> float:
    passed = sum(step >= milestone for milestone in plan.milestones)
    return max(plan.lr * plan.gamma**passed, plan.floor)


def _cosine(plan: Plan, step: float) -> float:
    done = (step - plan.warmup) / max(1, plan.steps - plan.warmup)
    return _anneal(plan.lr, plan.floor, min(1.0, max(0.0, done)))


def _onecycle(plan: Plan, step: float) -> float:
    peak = _onecycle_peak(plan)
    if step <= peak:
        return _anneal(plan.lr * ONECYCLE_START, plan.lr, step / peak)
    done = (step - peak) / max(1.0, plan.steps - 1 - peak)
    return _anneal(plan.lr, plan.lr * ONECYCLE_END, min(1.0, done))


def _onecycle_peak(plan: Plan) -> float:
    return max(1.0, ONECYCLE_RISE * plan.steps - 1)


def _linear(plan: Plan, step: float) -> float:
    """A triangle: linearly up to the peak, then linearly down to the floor."""
    if step < plan.peak:
        return plan.lr * (step + 1) / plan.peak
    left = (plan.steps - step) / max(1, plan.steps - plan.peak)
    return plan.floor + (plan.lr - plan.floor) * max(0.0, left)


def _anneal(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


_SHAPES = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "onecycle": _onecycle,
    "linear": _linear,
}


class Plateau(msgspec.Struct, frozen=True):
    """The state of reduce-on-plateau between epochs."""

    factor: float = 1.0
    best: float = math.inf
    bad_epochs: int = 0


def after_epoch(state: Plateau, validation_loss: float, recipe: Recipe) -> Plateau:
    """The state after an epoch with this validation loss. NaN counts as no improvement.

    The rule `pytorch` is that of `torch.optim.lr_scheduler.ReduceLROnPlateau`: it waits for
    `plateau_patience` epochs and lowers the rate after one more, and a loss is better if it is
    lower by a share of 1e-4. The rule `keras` is that of `keras.callbacks.ReduceLROnPlateau`
    (keras/src/callbacks/reduce_lr_on_plateau.py): it lowers the rate after `plateau_patience`
    epochs, and a loss is better if it is lower by 1e-4.
    """
    keras = recipe.plateau_rule == "keras"
    better_below = state.best - PLATEAU_DELTA if keras else state.best * (1 - PLATEAU_THRESHOLD)
    if validation_loss < better_below:
        return Plateau(state.factor, validation_loss, 0)
    bad_epochs = state.bad_epochs + 1
    if bad_epochs < recipe.plateau_patience + (0 if keras else 1):
        return Plateau(state.factor, state.best, bad_epochs)
    return Plateau(state.factor * recipe.plateau_factor, state.best, 0)
