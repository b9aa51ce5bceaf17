"""The learning rate against torch's own schedulers, step by step."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)

from engine.recipes import schedule
from engine.recipes.recipe_building import build_recipe
from engine.recipes.schedule import Plateau

STEPS_PER_EPOCH = 7
EPOCHS = 10
STEPS = STEPS_PER_EPOCH * EPOCHS


def plan(**settings: object) -> schedule.Plan:
    chosen = build_recipe(settings={"epochs": EPOCHS, "lr": 0.4, **settings})
    return schedule.plan(chosen, STEPS_PER_EPOCH)


def torch_rates(make: Callable[[torch.optim.Optimizer], LRScheduler]) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler = make(optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def rates(laid: schedule.Plan) -> list[float]:
    return [schedule.learning_rate(laid, step) for step in range(STEPS)]


def test_constant() -> None:
    assert rates(plan(schedule="constant")) == [0.4] * STEPS


def test_step() -> None:
    expected = torch_rates(lambda o: MultiStepLR(o, [3 * 7, 6 * 7], gamma=0.1))
    found = rates(plan(schedule="step", milestones=(4, 7), gamma=0.1))
    assert found == pytest.approx(expected)


def test_cosine_with_warm_up() -> None:
    def warm(o: torch.optim.Optimizer) -> LRScheduler:
        rise = LinearLR(o, start_factor=1 / 14, total_iters=13)
        return SequentialLR(o, [rise, CosineAnnealingLR(o, STEPS - 14, eta_min=0.01)], [14])

    found = rates(plan(schedule="cosine", warmup=2, lr_floor=0.01))
    assert found == pytest.approx(torch_rates(warm))


def test_one_cycle() -> None:
    assert rates(plan(schedule="onecycle")) == pytest.approx(torch_rates_onecycle())


def torch_rates_onecycle() -> list[float]:
    """OneCycleLR counts its steps from the constructor on, so the last one is not taken."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler = OneCycleLR(optimizer, 0.4, total_steps=STEPS)
    found = [optimizer.param_groups[0]["lr"]]
    for _ in range(STEPS - 1):
        optimizer.step()
        scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
    return found


def test_linear_is_a_triangle() -> None:
    def triangle(o: torch.optim.Optimizer) -> LRScheduler:
        rise = LinearLR(o, start_factor=1 / 14, total_iters=13)
        fall = LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=STEPS - 14)
        return SequentialLR(o, [rise, fall], [14])

    found = rates(plan(schedule="linear", peak=0.2))
    assert found == pytest.approx(torch_rates(triangle))
    assert max(found) == 0.4
    assert min(found) > 0


def test_linear_without_a_peak_falls_from_the_first_step_to_the_floor() -> None:
    found = rates(plan(schedule="linear", lr_floor=0.1))
    assert found[0] == 0.4
    assert found[-1] == pytest.approx(0.1 + 0.3 / STEPS)


@pytest.mark.parametrize("kind", ["constant", "step", "onecycle", "linear"])
def test_a_warm_up_scales_the_schedule(kind: str) -> None:
    warm = plan(schedule=kind, warmup=2, milestones=(4,), peak=0.5)
    cold = msgspec.structs.replace(warm, warmup=0)
    rise = [min(1.0, (step + 1) / 14) for step in range(STEPS)]
    expected = [rate * part for rate, part in zip(rates(cold), rise, strict=True)]
    assert rates(warm) == pytest.approx(expected)


LOSSES = [1.0, 0.9, 0.9, 0.9, 0.89995, 0.9, 0.5, 0.6, 0.6, float("nan"), 0.6, 0.6, 0.6, 0.6, 0.1]


def test_plateau_as_a_factor() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.2, patience=2, min_lr=0.001)
    chosen = build_recipe(
        settings={"plateau": True, "plateau_patience": 2, "lr_floor": 0.001, "lr": 0.4}
        | {"schedule": "constant"}
    )
    laid, state = schedule.plan(chosen, 1), Plateau()
    for loss in LOSSES:
        scheduler.step(loss)
        state = schedule.after_epoch(state, loss, chosen)
        found = schedule.learning_rate(laid, 0, state.factor)
        assert found == pytest.approx(optimizer.param_groups[0]["lr"])
    assert found == pytest.approx(0.4 * 0.2**3)


@pytest.mark.parametrize("kind", ["constant", "step", "cosine", "onecycle", "linear"])
@pytest.mark.parametrize("epochs", [1, 2])
def test_the_shortest_runs_have_a_rate(kind: str, epochs: int) -> None:
    chosen = build_recipe(settings={"epochs": epochs, "schedule": kind, "warmup": 5})
    laid = schedule.plan(chosen, 1)
    assert all(0 < schedule.learning_rate(laid, step) <= chosen.lr for step in range(epochs))
