"""The choices that are found out by trying: memory format, threads, compilation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import nn

from engine.devices import device as devices
from engine.devices import device_resolution, graph_recording, timing
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe
from engine.training import autotune
from engine.training.autotune import StepBenchmark, StepOptions

Step = Callable[[], None]

CPU = torch.device("cpu")
SHAPE = (1, 8, 8)
RESOLVED = Resolved(
    device="cpu", precision="float32", memory_format="channels-last", threads=4, size=8
)


class Net(nn.Module):
    """Draws random numbers and keeps statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(), nn.Linear(144, 3)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layers(images)
        return logits


def settled(monkeypatch: pytest.MonkeyPatch, seconds: Any, **settings: Any) -> Resolved:
    """What is chosen where a step of so many images takes `seconds(options)`."""
    monkeypatch.setattr(StepBenchmark, "seconds", lambda self, options: seconds(options))
    chosen = build_recipe(settings=settings)
    return autotune.tune(chosen, RESOLVED, CPU, Net(), SHAPE, 1_000)


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [((1.0, 1.0, 1.0), "a"), ((1.0, 0.95, 0.1), "a"), ((1.0, 0.8, 0.9), "b"), ((4, 2, 1), "c")],
)
def test_the_usual_is_left_only_for_what_is_clearly_faster(
    seconds: tuple[float, ...], chosen: str
) -> None:
    taken = dict(zip("abc", seconds, strict=True))
    assert timing.preferred("abc", taken.__getitem__) == chosen


def test_threads_are_halved_down_to_one() -> None:
    assert autotune.halved(12) == [12, 6, 3, 1]
    assert autotune.halved(1) == [1]


@pytest.mark.parametrize(("per_thread", "threads"), [(0.0, 4), (0.002, 2), (0.01, 1)])
def test_a_small_net_gets_few_threads(
    monkeypatch: pytest.MonkeyPatch, per_thread: float, threads: int
) -> None:
    def seconds(options: StepOptions) -> float:
        return 0.01 / options.threads + per_thread * options.threads

    assert settled(monkeypatch, seconds) == msgspec.structs.replace(RESOLVED, threads=threads)


def test_a_memory_format_that_is_faster_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(options: StepOptions) -> float:
        return 0.005 if options.memory_format == "contiguous" else 0.01

    assert settled(monkeypatch, seconds).memory_format == "contiguous"


def test_a_large_net_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[StepOptions] = []

    def seconds(options: StepOptions) -> float:
        tried.append(options)
        return 1.0 if options.memory_format == "channels-last" else 0.1

    assert settled(monkeypatch, seconds) == RESOLVED
    assert len(tried) == 1


def test_what_was_said_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(options: StepOptions) -> float:
        raise AssertionError(options)

    said = {"threads": 4, "memory_format": "channels-last", "compile": "off"}
    assert settled(monkeypatch, seconds, **said) == RESOLVED


def test_a_trial_leaves_the_model_and_the_random_state_as_they_are() -> None:
    model = Net()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    assert (
        StepBenchmark(model, SHAPE, 2, CPU).seconds(StepOptions("float32", "channels-last", 1)) > 0
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert all(torch.equal(weights[name], now) for name, now in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("graph", ["off", "on"])
def test_whether_to_compile_is_judged_by_a_step_as_it_will_be_taken(
    monkeypatch: pytest.MonkeyPatch, graph: str
) -> None:
    """A hundred thousand steps that take 0.1 s each, and 1 ms when they are replayed."""

    class Timed:
        def __init__(self, *_: object) -> None:
            pass

        def seconds(self, options: StepOptions) -> float:
            return 1e-3 if options.cuda_graph == "on" else 0.1

    monkeypatch.setattr(autotune, "StepBenchmark", Timed)
    chosen = build_recipe(settings={"epochs": 1_000, "batch": 10})
    resolved = msgspec.structs.replace(RESOLVED, device="cuda", cuda_graph=graph)
    gpu = torch.device("cuda")
    settled = autotune.tune(chosen, resolved, gpu, Net(), SHAPE, 1_000)
    assert settled.compile == ("off" if graph == "on" else "on")


@pytest.mark.parametrize("failure", ["", "operation not permitted when stream is capturing"])
def test_a_step_that_will_be_replayed_is_timed_so_where_it_can_be(
    monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    replays: list[int] = []

    def recorded(step: Step, device: torch.device, draws: torch.Generator) -> Step:
        if failure:
            raise RuntimeError(failure)
        return lambda: replays.append(1)

    monkeypatch.setattr(graph_recording, "record_graph", recorded)
    options = StepOptions("float32", "channels-last", 1, cuda_graph="on")
    assert StepBenchmark(Net(), SHAPE, 2, CPU).seconds(options) > 0
    assert bool(replays) is not bool(failure)


@pytest.mark.parametrize(("seconds", "compiled"), [(0.0299, "off"), (0.0301, "on")])
def test_a_run_of_more_than_a_quarter_of_an_hour_is_compiled(seconds: float, compiled: str) -> None:
    chosen = build_recipe(settings={"epochs": 30, "batch": 50})
    assert autotune.compilation(chosen, 50_049, seconds) == compiled


@pytest.mark.parametrize(("said", "resolved"), [("auto", "off"), ("off", "off"), ("on", "on")])
def test_a_processor_compiles_only_where_it_is_told(said: str, resolved: str) -> None:
    chosen = build_recipe(settings={"compile": said, "precision": "float32"})
    assert device_resolution.resolve(chosen, CPU, 8).compile == resolved


def test_an_engine_on_one_core_computes_with_one_thread() -> None:
    """As under `taskset -c 0`: the affinity is inherited."""
    core = min(os.sched_getaffinity(0))
    code = (
        "from engine.recipes.recipe_building import build_recipe\n"
        "from engine.start import engine_environment\n"
        "print(engine_environment.environment(build_recipe()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'OMP_NUM_THREADS': '1'" in done.stdout


@pytest.mark.parametrize(
    ("batch", "side", "evaluated"),
    [(64, 32, 512), (128, 32, 1024), (1024, 32, 2048), (64, 224, 128)],
)
def test_a_gpu_evaluates_more_small_images_at_a_time(batch: int, side: int, evaluated: int) -> None:
    shape, gpu = (3, side, side), torch.device("cuda")
    assert devices.evaluation_batch(gpu, batch, shape) == evaluated
    assert devices.evaluation_batch(CPU, batch, shape) == 2 * batch


def test_a_gpu_that_is_hidden_on_purpose_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    if torch.cuda.is_available():
        pytest.skip("the GPU of this machine is usable")
    monkeypatch.setattr(Path, "exists", lambda path: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert devices.unusable_gpu(CPU)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert devices.unusable_gpu(CPU) is None
