"""Rates that a person changes under any scheduler, and that it never sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer, lr_scheduler

from cnn_tui.watching.rate_limits import FAR_ABOVE, HIGHEST_RATE
from cnn_tui.watching.rate_steering import RateSteering
from cnn_tui.watching.refusal_error import RefusalError

Scheduler = Callable[[Optimizer], Any]
SCHEDULERS: dict[str, Scheduler] = {
    "none": lambda optimizer: None,
    "closed form": lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (step + 1)),
    "chainable": lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.9),
    "step": lambda optimizer: lr_scheduler.StepLR(optimizer, 2, 0.5),
    "cosine": lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 6),
    "one cycle": lambda optimizer: lr_scheduler.OneCycleLR(
        optimizer, 1.0, total_steps=8, cycle_momentum=False
    ),
}


def weights(*rates: float) -> list[nn.Parameter]:
    return [nn.Parameter(torch.zeros((), dtype=torch.float64)) for _ in rates]


def step(optimizer: Optimizer, parameters: list[nn.Parameter]) -> list[float]:
    """The rates that a step of SGD used, by how far each weight moved against a gradient of 1."""
    before = [weight.item() for weight in parameters]
    for weight in parameters:
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    return [left - weight.item() for left, weight in zip(before, parameters, strict=True)]


def rates_used(make: Scheduler, steer: Callable[[RateSteering, int], object]) -> list[float]:
    """The rates of six steps; before each, `steer` may change them."""
    parameters = weights(0.5)
    optimizer = SGD(parameters, lr=0.5)
    scheduler, steering = make(optimizer), RateSteering([optimizer])
    used = []
    for index in range(6):
        steer(steering, index)
        used += step(optimizer, parameters)
        assert steering.used == pytest.approx(used[-1])
        if scheduler is not None:
            scheduler.step()
    return used


@pytest.mark.parametrize("make", SCHEDULERS.values(), ids=SCHEDULERS)
def test_a_factor_holds_under_every_scheduler(make: Scheduler) -> None:
    plain = rates_used(make, lambda steering, index: None)
    steered = rates_used(make, lambda steering, index: index == 2 and steering.steer(None, 0.1))
    assert steered == pytest.approx([*plain[:2], *(rate * 0.1 for rate in plain[2:])])


@pytest.mark.parametrize("make", SCHEDULERS.values(), ids=SCHEDULERS)
def test_a_rate_that_was_asked_for_is_that_of_the_next_step(make: Scheduler) -> None:
    plain = rates_used(make, lambda steering, index: None)
    steered = rates_used(make, lambda steering, index: index == 2 and steering.steer(0.02, None))
    factor = 0.02 / plain[2]
    assert steered == pytest.approx([*plain[:2], *(rate * factor for rate in plain[2:])])


def test_the_rate_asked_for_is_used_even_if_the_scheduler_moves_before_the_step() -> None:
    parameters = weights(1.0)
    optimizer = SGD(parameters, lr=1.0)
    scheduler, steering = lr_scheduler.StepLR(optimizer, 1, 0.1), RateSteering([optimizer])
    step(optimizer, parameters)
    steering.steer(0.25, None)
    scheduler.step()
    assert step(optimizer, parameters) == pytest.approx([0.25])
    assert steering.factor == pytest.approx(2.5)


def test_the_script_and_its_scheduler_find_their_own_rate() -> None:
    parameters = weights(1.0)
    optimizer, before = SGD(parameters, lr=1.0), 1.0
    RateSteering([optimizer]).steer(None, 0.5)
    step(optimizer, parameters)
    assert optimizer.param_groups[0]["lr"] == before
    assert optimizer.state_dict()["param_groups"][0]["lr"] == before


def test_groups_keep_their_proportions_and_every_optimizer_is_steered() -> None:
    first, second, other = weights(1.0, 0.1, 0.01)
    groups = SGD([{"params": [first], "lr": 1.0}, {"params": [second], "lr": 0.1}])
    alone = SGD([other], lr=0.01)
    RateSteering([groups, alone]).steer(0.5, None)
    assert step(groups, [first, second]) == pytest.approx([0.5, 0.05])
    assert step(alone, [other]) == pytest.approx([0.005])


def test_a_rate_in_a_tensor_stays_the_same_tensor() -> None:
    parameters = weights(1.0)
    rate = torch.tensor(1.0, dtype=torch.float64)
    optimizer = SGD(parameters, lr=rate)
    held, steering = optimizer.param_groups[0]["lr"], RateSteering([optimizer])
    steering.steer(None, 0.25)
    assert step(optimizer, parameters) == pytest.approx([0.25])
    assert optimizer.param_groups[0]["lr"] is held
    assert float(held) == 1.0
    assert isinstance(steering.used, Tensor)
    assert float(steering.used) == 0.25


def test_a_closure_is_steered_too() -> None:
    weight = nn.Parameter(torch.tensor([4.0]))
    optimizer = torch.optim.LBFGS([weight], lr=1.0, max_iter=1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = (weight**2 / 2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    RateSteering([optimizer]).steer(None, 0.5)
    optimizer.step(closure)  # type: ignore[no-untyped-call]
    # The first step of L-BFGS is min(1, 1 / |gradient|) * rate * gradient.
    assert weight.item() == pytest.approx(3.5)


@pytest.mark.parametrize("option", ["foreach", "fused"])
def test_fast_optimizers_are_steered(option: str) -> None:
    parameters = [nn.Parameter(torch.zeros(2))]
    RateSteering([optimizer := SGD(parameters, lr=1.0, **{option: True})]).steer(None, 0.5)
    parameters[0].grad = torch.ones(2)
    optimizer.step()
    assert parameters[0].tolist() == [-0.5, -0.5]


def test_a_scaled_step_that_is_skipped_changes_nothing() -> None:
    parameters = [nn.Parameter(torch.zeros(()))]
    optimizer = SGD(parameters, lr=1.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    RateSteering([optimizer]).steer(None, 0.5)
    for gradient, expected in ((torch.inf, 0.0), (2.0, -0.5)):
        scaler.scale(torch.ones(()))
        parameters[0].grad = torch.tensor(gradient * 2)
        scaler.step(optimizer)
        scaler.update(4.0)
        assert parameters[0].item() == expected
        assert optimizer.param_groups[0]["lr"] == 1.0


def test_a_step_that_fails_leaves_the_next_one_its_rate() -> None:
    weight = nn.Parameter(torch.zeros(()))
    optimizer = SGD([weight], lr=1.0)
    RateSteering([optimizer]).steer(None, 0.5)

    def failing() -> float:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        optimizer.step(failing)
    assert step(optimizer, [weight]) == pytest.approx([0.5])
    assert optimizer.param_groups[0]["lr"] == 1.0


def test_the_end_after_a_step_that_fails_leaves_the_scripts_own_rate() -> None:
    optimizer = SGD(weights(0.5), lr=0.5)
    steering = RateSteering([optimizer])
    steering.steer(None, 0.1)

    def failing() -> float:
        raise MemoryError

    with pytest.raises(MemoryError):
        optimizer.step(failing)
    steering.remove_hooks()
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_factors_multiply_and_an_asked_rate_replaces_them() -> None:
    parameters = weights(1.0)
    steering = RateSteering([optimizer := SGD(parameters, lr=1.0)])
    steering.steer(None, 0.5)
    assert steering.steer(None, 0.5) == 0.25
    assert steering.steer(0.3, None) == 0.3
    assert steering.steer(None, 0.5) == 0.15
    assert step(optimizer, parameters) == pytest.approx([0.15])


def test_the_state_goes_on_in_another_process() -> None:
    parameters = weights(1.0)
    steering = RateSteering([SGD(parameters, lr=1.0)])
    steering.steer(None, 0.125)
    other = RateSteering([optimizer := SGD(parameters, lr=1.0)])
    other.load_state(steering.state())
    assert step(optimizer, parameters) == pytest.approx([0.125])


@pytest.mark.parametrize(
    ("lr", "scale", "sentence"),
    [
        (0.0, None, "must be above 0"),
        (None, -1.0, "must be above 0"),
        (HIGHEST_RATE * 2.0, None, "at most 1000"),
        (float("nan"), None, "must be above 0"),
        (FAR_ABOVE * 1.1, None, "110 times the highest"),
        (None, FAR_ABOVE * 1.1, "110 times the highest"),
    ],
)
def test_bounds_are_those_of_the_engine(
    lr: float | None, scale: float | None, sentence: str
) -> None:
    steering = RateSteering([SGD(weights(1.0), lr=1.0)])
    with pytest.raises(RefusalError, match=sentence):
        steering.steer(lr, scale)
    assert steering.state() == {"factor": 1.0, "asked": None}


def test_a_rate_far_above_is_used_where_a_person_is_sure() -> None:
    steering = RateSteering([SGD(weights(1.0), lr=1.0)])
    assert steering.steer(500.0, None, sure=True) == 500.0


def test_no_rate_comes_of_a_scheduler_that_is_at_zero() -> None:
    steering = RateSteering([SGD(weights(1.0), lr=0.0)])
    with pytest.raises(RefusalError, match="0 now"):
        steering.steer(0.1, None)


def test_far_above_is_measured_from_the_rate_that_a_scheduler_has_raised() -> None:
    rate = torch.tensor(0.0)
    steering = RateSteering([SGD(weights(1.0), lr=rate)])
    rate.fill_(0.5)
    with pytest.raises(RefusalError, match="120 times the highest"):
        steering.steer(60.0, None)
    assert steering.steer(2.0, None) == 2.0


@pytest.mark.parametrize("optimizer", [object(), "Adam"])
def test_what_is_no_optimizer_is_refused_in_a_sentence(optimizer: object) -> None:
    steering = RateSteering([optimizer])
    assert "cannot be changed from here" in steering.refusal
    with pytest.raises(RefusalError):
        steering.steer(0.1, None)


def test_an_optimizer_without_a_rate_steps_as_before() -> None:
    parameters = weights(1.0)
    optimizer = SGD(parameters, lr=1.0)
    optimizer.param_groups[0]["lr"] = None  # as optimizers that find a rate themselves have it
    steering = RateSteering([optimizer])
    assert "SGD cannot be changed" in steering.refusal
    assert not optimizer._optimizer_step_pre_hooks
    assert steering.used is None


def test_a_rate_of_another_kind_of_number_is_reported() -> None:
    parameters = weights(1.0)
    optimizer = SGD(parameters, lr=1)
    steering = RateSteering([optimizer])
    steering.steer(None, 0.5)
    step(optimizer, parameters)
    assert (type(steering.used), steering.used) == (float, 0.5)


def test_removed_hooks_leave_the_optimizer_alone() -> None:
    parameters = weights(1.0)
    steering = RateSteering([optimizer := SGD(parameters, lr=1.0)])
    steering.steer(None, 0.5)
    steering.remove_hooks()
    assert step(optimizer, parameters) == [1.0]


def test_a_compiled_step_is_left_alone() -> None:
    parameters = [nn.Parameter(torch.zeros(2))]
    optimizer = SGD(parameters, lr=torch.tensor(1.0), foreach=True)
    steering = RateSteering([optimizer])
    compiled = torch.compile(optimizer.step, backend="eager")
    parameters[0].grad = torch.ones(2)
    compiled()
    assert parameters[0].tolist() == [-1.0, -1.0]
    steering.steer(None, 0.5)
    compiled()
    assert parameters[0].tolist() in ([-2.0, -2.0], [-1.5, -1.5])
    assert float(optimizer.param_groups[0]["lr"]) == 1.0
