"""The health of a script's layers: measured rarely, in any loop, and never at its expense."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD, Optimizer
from torch.utils._python_dispatch import TorchDispatchMode

from cnn_tui.watching.health_measurement import INTERVAL_SECONDS, HealthMeasurement
from tests.watched_scripts import Clock, Watching, images, loader, net, train_step


class Measured:
    """A model that is measured while a test trains it."""

    def __init__(
        self, model: nn.Module, optimizer: Optimizer, sample: Tensor | None = None
    ) -> None:
        self.model, self.optimizer, self.clock = model, optimizer, Clock()
        self.health = HealthMeasurement(model, optimizer, lambda: sample, self.clock)
        self.events: list[dict[str, Any]] = []
        self.steps = 0
        self.end_step()

    def end_step(self) -> None:
        event = self.health.between_steps(self.steps)
        self.steps += 1
        if event is not None:
            self.events.append(event)

    def rows(self) -> dict[str, list[float | None]]:
        (event,) = self.events
        return {name: values for name, *values in event["layers"]}


def batch() -> list[Tensor]:
    return [tensor[:8] for tensor in images().tensors]


def backward(model: nn.Module, scale: float = 1.0) -> None:
    pixels, labels = batch()
    loss = F.cross_entropy(model(pixels), labels) * scale
    loss.backward()  # type: ignore[no-untyped-call]


def test_a_step_is_measured_with_its_gradient_and_its_update() -> None:
    model = net()
    measured = Measured(model, SGD(model.parameters(), lr=0.5))
    before = model.fc.weight.detach().clone()
    backward(model)
    assert model.fc.weight.grad is not None
    gradient = float(model.fc.weight.grad.norm())
    measured.optimizer.step()
    measured.end_step()
    measured.end_step()
    rows = measured.rows()
    assert [*rows] == ["conv", "norm", "fc"]
    assert rows["fc"][0] == pytest.approx(gradient, rel=1e-3)
    assert rows["fc"][1] == pytest.approx(0.5 * gradient / float(before.norm()), rel=1e-3)
    norms = torch.stack([each.grad.norm() for each in model.parameters() if each.grad is not None])
    assert measured.health.take_gradient_norm() == pytest.approx(float(norms.norm()), rel=1e-3)
    assert measured.health.take_gradient_norm() is None
    assert measured.events[0]["step"] == 1


def test_it_measures_every_few_seconds_and_takes_a_hundredth_of_the_time() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    measured = Measured(model, optimizer)

    def train(steps: int) -> int:
        for _ in range(steps):
            train_step(model, optimizer, batch())
            measured.end_step()
        return len(measured.events)

    assert train(5) == 1
    measured.clock.now += INTERVAL_SECONDS - 0.1
    assert train(5) == 1
    measured.clock.now += 0.2
    assert train(5) == 2
    measured.health._wait(began=measured.clock.now - 3.0)  # one that took three seconds
    measured.clock.now += 299
    assert train(5) == 2
    measured.clock.now += 2
    assert train(5) == 3


def test_between_two_measurements_the_model_has_no_hooks() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    measured = Measured(model, optimizer)
    assert any(module._forward_hooks for module in model.modules())
    train_step(model, optimizer, batch())
    measured.end_step()
    measured.end_step()
    assert not any(module._forward_hooks for module in model.modules())
    measured.health.close()
    assert not optimizer._optimizer_step_pre_hooks


def test_gradients_of_several_passes_are_those_of_the_step() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    measured = Measured(model, optimizer)
    for _ in range(3):
        backward(model, 1 / 3)
        measured.end_step()  # a script may count each pass as a step
    assert not measured.events
    assert model.conv.weight.grad is not None
    gradient = float(model.conv.weight.grad.norm())
    optimizer.step()
    optimizer.zero_grad()
    measured.end_step()
    measured.end_step()
    assert measured.rows()["conv"][0] == pytest.approx(gradient, rel=1e-3)


@pytest.mark.parametrize("fused", [False, True])
def test_the_scale_of_a_grad_scaler_is_no_part_of_the_gradient(fused: bool) -> None:
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=fused)
    measured, scaler = Measured(model, optimizer), torch.amp.GradScaler("cpu", init_scale=1024.0)
    gradients = []
    for scale in (math.inf, 1.0, 1.0):  # the first step is skipped
        optimizer.zero_grad()
        pixels, labels = batch()
        loss = F.cross_entropy(model.train()(pixels), labels)
        scaler.scale(loss * scale).backward()  # type: ignore[no-untyped-call]
        assert model.fc.weight.grad is not None
        gradients.append(float(model.fc.weight.grad.norm()) / 1024)
        scaler.step(optimizer)
        scaler.update(1024.0)
        measured.end_step()
    measured.end_step()
    (event,) = measured.events
    index = event["step"] - 1
    assert index > 0
    assert measured.rows()["fc"][0] == pytest.approx(gradients[index], rel=1e-3)


def test_a_closure_has_its_gradients_after_the_step() -> None:
    model = net()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=1)
    measured = Measured(model, optimizer)

    def closure() -> Tensor:
        optimizer.zero_grad()
        pixels, labels = batch()
        loss = F.cross_entropy(model(pixels), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    measured.end_step()
    measured.end_step()
    assert measured.rows()["fc"][0]


def test_a_validation_between_two_steps_is_not_measured() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    measured = Measured(model, optimizer)
    model.eval()
    with torch.no_grad():
        model(torch.full((8, 1, 8, 6), 1e6))
    model.train()
    train_step(model, optimizer, batch())
    measured.end_step()
    measured.end_step()
    mean = measured.rows()["conv"][2]
    assert mean is not None
    assert abs(mean) < 100


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_compiled_model_is_measured_and_not_compiled_again(given: bool, hidden: bool) -> None:
    """`hidden`: the script gives the model itself, and trains a compiled one."""
    torch._dynamo.reset()
    model = net()
    compiled: Any = torch.compile(model, backend="eager")
    if not hidden:
        model.compile(backend="eager")
        compiled = model
    optimizer = SGD(model.parameters(), lr=0.1)
    train_step(compiled, optimizer, batch())  # nothing is measured before a first step
    measured = Measured(model, optimizer, batch()[0] if given else None)
    train_step(compiled, optimizer, batch())
    frames = dict(torch._dynamo.utils.counters["frames"])
    statistics = model.norm.running_mean
    assert statistics is not None
    for _ in range(4):
        measured.end_step()
        seen = statistics.clone()
        measured.clock.now += 100
        measured.end_step()
        assert torch.equal(statistics, seen)
        train_step(compiled, optimizer, batch())
    assert dict(torch._dynamo.utils.counters["frames"]) == frames
    last = {name: values for name, *values in measured.events[-1]["layers"]}
    assert last["fc"][0]
    assert last["fc"][1]
    assert (last["fc"][2] is not None) is given


def test_an_error_of_the_model_ends_the_measuring_and_not_the_training(tmp_path: Path) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    watching = Watching(tmp_path, model=model, optimizer=optimizer, data=loader())
    watching.model.facts()
    watching.model.between_steps()
    model.conv.weight.data = torch.zeros(7, 1, 3, 3)  # a script that rebuilds its model
    model.conv.weight.grad = torch.zeros(7, 1, 3, 3)
    optimizer.step()
    for _ in range(3):
        watching.model.between_steps()
    assert watching.types() == ["FeatureMaps", "Alert"]
    assert "not measured any more" in watching.sent[-1]["text"]
    train_step(net(), optimizer, batch())


@pytest.mark.parametrize("kind", ["no optimizer", "another model's", "no hooks"])
def test_without_an_optimizer_of_the_model_nothing_is_measured(tmp_path: Path, kind: str) -> None:
    optimizers = {
        "no optimizer": None,
        "another model's": SGD(net().parameters(), lr=0.1),
        "no hooks": object(),
    }
    watching = Watching(tmp_path, model=net(), optimizer=optimizers[kind])
    for _ in range(3):
        watching.model.between_steps()
    assert watching.types() == []


class Syncs(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the reads of a tensor by the host, for each of which a GPU would be waited for."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        reads = (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)
        self.count += func in reads
        return func(*args, **(kwargs or {}))


def test_neither_hooks_nor_measurements_read_a_tensor_before_it_has_arrived(tmp_path: Path) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    watching = Watching(tmp_path, model=model, optimizer=optimizer, data=loader())
    watching.model.facts()
    watching.asked("Steer", scale=0.5)
    measured = watching.model._health
    assert measured is not None
    with Syncs() as syncs:  # type: ignore[no-untyped-call]
        measured._begin()
        train_step(model, optimizer, batch())
        measured._finish(1)
        watching.model.rate()
    assert syncs.count == 0
    with Syncs() as syncs:  # type: ignore[no-untyped-call]
        float(torch.ones(()))
    assert syncs.count == 1
    assert measured.between_steps(2) is not None
