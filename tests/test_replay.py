"""Steps that are recorded and replayed are those that would have been taken one by one."""

from __future__ import annotations

import contextlib
import copy
import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import nn

from engine.data.base.batch import Batch, RawBatch
from engine.data.base.dataset import Dataset
from engine.data.loading import load, load_at_once
from engine.devices import device_resolution, graph_recording, timing
from engine.models import registry
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.training.cuda_graph import WARM_UP, CudaGraphSteps, StepInput
from engine.training.loss import CrossEntropy
from engine.training.trainer import Trainer
from engine.training.trial_steps import TrialSteps
from tests.test_streaming import many_images
from tests.test_trainer import CPU, Ticking, digits, ends, said, weights

__all__ = ["digits"]

Step = Callable[[], None]


def drawn(value: int, epoch: int = 1) -> StepInput:
    numbers = torch.full((3,), value)
    raw = RawBatch(numbers.view(3, 1, 1, 1), numbers, numbers, numbers, epoch, value)
    return StepInput(raw, value / 10)


class Tape:
    """Steps and their recording, which write down on what images each was taken, and how."""

    def __init__(self, failure: str = "") -> None:
        self.taken: list[tuple[str, int, int]] = []
        self.recorded = 0
        self._way, self._failure = "taken", failure

    def steps(self, inputs: Sequence[StepInput]) -> None:
        for raw, rate in inputs:
            assert float(rate) == int(raw.labels[0]) / 10
            self.taken.append((self._way, int(raw.indices[0]), int(raw.epoch)))

    def record(self, step: Step) -> Step:
        self.recorded += 1
        if self._failure:
            raise RuntimeError(self._failure)

        def again() -> None:
            self._way = "replayed"
            step()
            self._way = "taken"

        return again


def test_the_first_steps_are_taken_and_the_others_replayed_on_their_own_images() -> None:
    tape = Tape()
    replay = CudaGraphSteps(tape.steps, tape.record)
    for value in range(WARM_UP + 3):
        replay([drawn(value, epoch=value // 2)])
    expected = [("taken" if n < WARM_UP else "replayed", n, n // 2) for n in range(WARM_UP + 3)]
    assert tape.taken == expected
    assert tape.recorded == 1


def test_several_steps_are_one_recording_each_on_its_own_images_and_rate() -> None:
    tape = Tape()
    replay = CudaGraphSteps(tape.steps, tape.record)
    for call in range(WARM_UP + 2):
        replay([drawn(4 * call + place, epoch=call) for place in range(4)])
    assert tape.taken == [
        ("taken" if n < 4 * WARM_UP else "replayed", n, n // 4) for n in range(4 * (WARM_UP + 2))
    ]
    assert tape.recorded == 1


def test_the_images_of_others_stay_as_they_are() -> None:
    tape = Tape()
    replay = CudaGraphSteps(tape.steps, tape.record)
    all_drawn = [drawn(value) for value in range(WARM_UP + 2)]
    for each in all_drawn:
        replay([each])
    assert [int(each.raw.labels[0]) for each in all_drawn] == list(range(WARM_UP + 2))


def test_what_cannot_be_recorded_is_taken_step_by_step() -> None:
    tape = Tape("operation not permitted when stream is capturing\nmore")
    replay = CudaGraphSteps(tape.steps, tape.record)
    for value in range(WARM_UP + 3):
        replay([drawn(value)])
    assert tape.taken == [("taken", n, 1) for n in range(WARM_UP + 3)]
    assert tape.recorded == 1
    assert replay.failure == "RuntimeError: operation not permitted when stream is capturing"


def test_after_a_restore_it_is_recorded_anew() -> None:
    tape = Tape()
    replay = CudaGraphSteps(tape.steps, tape.record)
    for value in range(WARM_UP + 1):
        replay([drawn(value)])
    replay.forget()
    for value in range(WARM_UP + 1):
        replay([drawn(value)])
    assert [way for way, *_ in tape.taken] == 2 * [*["taken"] * WARM_UP, "replayed"]
    assert tape.recorded == 2


# A whole training


def training(
    data: Dataset, graph: str, tick: float = 0.01, together: int = 1, **settings: Any
) -> Trainer:
    """LeNet-5 with all kinds of draws; on a processor nothing is recorded in earnest."""
    torch.set_num_threads(1)
    asked = {"epochs": 2, "batch": 128, "precision": "float32", "threads": 1, "lr": 0.02}
    chosen = build_recipe(settings={**asked, "crop": 2, "ema": 0.9, "dropout": 0.2, **settings})
    resolved = msgspec.structs.replace(device_resolution.resolve(chosen, CPU, 32), cuda_graph=graph)
    torch.manual_seed(0)
    model = registry.build("lenet5", 1, 32, 10)
    return Trainer(chosen, resolved, CPU, data, model, Ticking(tick), together=together)


def taken_up_again(make: Callable[[], Trainer]) -> tuple[Trainer, list[events.Event], Trainer]:
    """A training that is over, what it said after a checkpoint, and one that goes on from there."""
    whole = make()
    life = whole.run()
    while whole.step < 8:
        next(life)
    state = copy.deepcopy(whole.state())
    rest = [event for event in life if event is not None]
    again = make()
    again.restore(state)
    return whole, rest, again


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A recording is the steps themselves; the list holds the number of generators of each."""
    recordings: list[int] = []

    def recorded(step: Step, device: torch.device, draws: Sequence[torch.Generator]) -> Step:
        recordings.append(len(draws))
        return step

    monkeypatch.setattr(graph_recording, "record_graph", recorded)
    return recordings


@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer": "muon"}, {"mixup": 0.2, "cutmix": 1.0}, {"mixup": 0.2, "accumulate": 3}],
)
@pytest.mark.parametrize("flip", [True, "alternating"])
def test_replaying_changes_nothing(
    digits: Dataset, recording: list[int], settings: dict[str, Any], flip: Any
) -> None:
    plain, replayed = (training(digits, g, flip=flip, **settings) for g in ("off", "on"))
    expected, found = said(plain), said(replayed)
    assert len(recording) == 1
    for one, other in zip(ends(found), ends(expected), strict=True):
        assert (one.train_loss, one.train_top1, one.loss) == (
            other.train_loss,
            other.train_top1,
            other.loss,
        )
    assert all(map(torch.equal, weights(replayed), weights(plain)))


@pytest.mark.parametrize("settings", [{}, {"optimizer": "muon"}, {"norm_bias_lr": 3.0}])
@pytest.mark.parametrize("together", [4, 16])
def test_several_steps_in_one_launch_change_nothing(
    digits: Dataset, recording: list[int], settings: dict[str, Any], together: int
) -> None:
    """Epochs of 22 steps: what is left of them is taken step by step."""
    asked = {"ema": 0.0, "epochs": 6, "batch": 64, "schedule": "cosine", "bn": True, **settings}
    plain = training(digits, "off", **asked)
    found = training(digits, "on", together=together, **asked)
    expected, told = said(plain), said(found)
    assert sorted(recording) == [1, together]
    assert [(e.train_loss, e.loss, e.lr) for e in ends(told)] == [
        (e.train_loss, e.loss, e.lr) for e in ends(expected)
    ]
    assert found.step == plain.step
    assert all(map(torch.equal, weights(found), weights(plain)))


def test_an_average_of_the_weights_is_updated_between_all_steps(
    digits: Dataset, recording: list[int]
) -> None:
    plain, replayed = training(digits, "off"), training(digits, "on", together=4)
    said(plain), said(replayed)
    assert recording == [1]
    assert all(map(torch.equal, weights(replayed), weights(plain)))


def test_layers_are_looked_at_between_launches_of_several_steps(
    digits: Dataset, recording: list[int]
) -> None:
    found = said(training(digits, "on", tick=0.3, together=4, ema=0.0))
    assert 4 in recording
    assert len([event for event in found if isinstance(event, events.LayerHealth)]) > 3


def test_a_loss_that_breaks_within_a_launch_is_that_of_its_own_step(
    digits: Dataset, recording: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = itertools.count(1)
    whole = CrossEntropy.__call__

    def breaks(self: CrossEntropy, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        return whole(self, logits, batch) * (math.nan if next(losses) == 19 else 1)

    monkeypatch.setattr(CrossEntropy, "__call__", breaks)
    work = training(digits, "on", tick=0.0, together=4, ema=0.0, batch=32)
    for _ in work.run():
        if work.broken is not None:
            break
    assert recording == [4]
    assert work.broken is not None
    assert work.broken.step == 19
    assert work.is_finite


def test_layers_are_looked_at_in_steps_that_are_not_replayed(
    digits: Dataset, recording: list[int]
) -> None:
    found = [said(training(digits, graph, tick=0.3)) for graph in ("off", "on")]
    looks = [[e for e in each if isinstance(e, events.LayerHealth)] for each in found]
    assert len(recording) == 1
    assert len(looks[1]) > 3
    assert [look.layers for look in looks[1]] == [look.layers for look in looks[0]]


def test_a_restored_training_is_recorded_anew_and_goes_on_as_before(
    digits: Dataset, recording: list[int]
) -> None:
    whole, rest, again = taken_up_again(lambda: training(digits, "on"))
    assert ends(said(again))[-1].loss == ends(rest)[-1].loss
    assert len(recording) == 2
    assert all(map(torch.equal, weights(again), weights(whole)))


def test_a_step_that_cannot_be_recorded_is_told_once(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Step:
        raise RuntimeError("the model waits for the GPU")

    monkeypatch.setattr(graph_recording, "record_graph", refuse)
    found = said(training(digits, "on"))
    alerts = [e.text for e in found if isinstance(e, events.Alert) and e.code == "cuda-graph"]
    assert len(alerts) == 1
    assert "the model waits for the GPU" in alerts[0]
    assert len(ends(found)) == 2


# On a GPU

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def on_a_gpu(data: Dataset, graph: str, together: int = 1, **settings: Any) -> Trainer:
    asked = {"epochs": 2, "lr": 2e-3, "precision": "float32", "dropout": 0.2, "crop": 2}
    chosen = build_recipe(settings={**asked, "cuda_graph": graph, **settings})
    device = torch.device("cuda", 0)
    resolved = device_resolution.resolve(chosen, device, 32)
    assert resolved.cuda_graph == graph
    torch.manual_seed(0)
    channels = data.train.shape[0]
    model = registry.build("lenet5", channels, 32, len(data.classes))
    return Trainer(chosen, resolved, device, data, model, Ticking(0.01), together=together)


def losses(found: list[events.Event]) -> list[events.MaybeMeasured]:
    return [loss for end in ends(found) for loss in (end.train_loss, end.loss)]


def complaints(found: list[events.Event]) -> list[str]:
    return [e.text for e in found if isinstance(e, events.Alert) and e.code == "cuda-graph"]


@GPU
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_gpu_replays_what_it_would_compute(digits: Dataset, optimizer: str) -> None:
    mixed = {"flip": "alternating", "mixup": 0.2, "cutmix": 1.0, "clip": 1.0}
    settings: dict[str, Any] = {**mixed, "optimizer": optimizer}
    plain, replayed = (said(on_a_gpu(digits, graph, **settings)) for graph in ("off", "on"))
    assert losses(replayed) == pytest.approx(losses(plain), rel=1e-3)
    assert not complaints(replayed)


@GPU
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_gpu_takes_several_steps_in_one_launch(digits: Dataset, optimizer: str) -> None:
    mixed: dict[str, Any] = {
        "flip": "alternating",
        "mixup": 0.2,
        "clip": 1.0,
        "epochs": 6,
        "schedule": "cosine",
    }
    settings: dict[str, Any] = {**mixed, "optimizer": optimizer, "norm_bias_lr": 3.0, "batch": 64}
    plain, several = (
        said(on_a_gpu(digits, "on", together=together, **settings)) for together in (1, 4)
    )
    assert losses(several) == pytest.approx(losses(plain), rel=1e-3)
    assert not complaints(several)


@GPU
def test_a_gpu_replays_images_that_are_streamed(tmp_path: Path) -> None:
    root = many_images(tmp_path, 120)
    asked = build_recipe(settings={"loader": "streaming", "size": 32}, flags={"data": str(root)})
    found = []
    for graph in ("off", "on"):
        with contextlib.closing(on_a_gpu(load_at_once(load(asked)), graph, batch=16)) as trainer:
            found.append(said(trainer))
    assert losses(found[1]) == pytest.approx(losses(found[0]), rel=1e-3)
    assert not complaints(found[1])


@GPU
def test_a_gpu_goes_on_where_a_step_cannot_be_recorded(digits: Dataset) -> None:
    """The model reads a value back, which a recording does not allow."""

    def reads(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert inputs[0].sum().isfinite()

    trainer = on_a_gpu(digits, "on")
    trainer.model.register_forward_pre_hook(reads)
    before = torch.cuda.current_stream()
    found = said(trainer)
    assert len(complaints(found)) == 1
    assert torch.cuda.current_stream() == before
    plain = on_a_gpu(digits, "off")
    assert losses(found) == pytest.approx(losses(said(plain)), rel=1e-3)


@GPU
def test_a_gpu_goes_on_from_a_checkpoint_as_it_would_have(digits: Dataset) -> None:
    _, rest, again = taken_up_again(lambda: on_a_gpu(digits, "on"))
    assert losses(said(again)) == pytest.approx(losses(rest), rel=1e-3)


@GPU
def test_a_gpu_is_tried_as_it_will_train(monkeypatch: pytest.MonkeyPatch) -> None:
    replays: list[int] = []
    real = graph_recording.record_graph

    def recorded(step: Step, device: torch.device, draws: Sequence[torch.Generator]) -> Step:
        again = real(step, device, draws)

        def counted() -> None:
            replays.append(1)
            again()

        return counted

    monkeypatch.setattr(graph_recording, "record_graph", recorded)
    model, gpu = registry.build("lenet5", 3, 32, 10), torch.device("cuda", 0)
    steps = TrialSteps(model, (3, 32, 32), 128, gpu)
    step = steps.replayed(steps.step("bf16", "channels-last"))
    assert timing.best_of(steps.finished(step)) > 0
    assert len(replays) > 1
