"""The settings that depend on the model: threads, precision, memory format, compilation."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
import torch
from torch import nn

from engine.devices import device as devices
from engine.devices import device_resolution, graph_recording, timing
from engine.devices.thread_count import thread_count
from engine.machine.kept_choices import Computation
from engine.machine.processor import Processor
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe
from engine.training import autotune
from engine.training.autotune import Workload
from engine.training.trial_steps import TrialSteps

Step = Callable[[], None]
T = TypeVar("T")

CPU = torch.device("cpu")
SHAPE = (1, 8, 8)
RESOLVED = Resolved(
    device="cpu", precision="float32", memory_format="channels-last", threads=4, size=8
)
# An architecture whose memory format no rule decides.
OWN = "net.py:make"


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


class Timed:
    """Steps that take as many seconds as `seconds(precision, memory_format)` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: Any, bf16: bool = True) -> None:
        self.compared: list[tuple[Any, Any]] = []
        flags = frozenset({"avx512_bf16"} if bf16 else ())
        cpu = Processor("AMD EPYC", "AMD EPYC 25 17 1", flags)
        monkeypatch.setattr(autotune, "processor", lambda: cpu)
        monkeypatch.setattr(TrialSteps, "step", lambda self, *options: options)
        monkeypatch.setattr(timing, "gain", self._gain)
        self._seconds = seconds

    def _gain(self, default: Any, other: Any) -> Generator[None, None, float]:
        self.compared.append((default, other))
        yield
        gain: float = self._seconds(*default) / self._seconds(*other)
        return gain


def tuned(
    resolved: Resolved = RESOLVED, device: torch.device = CPU, images: int = 1_000, **settings: Any
) -> Resolved:
    """What is resolved for a small net."""
    chosen = build_recipe(settings=settings)
    return finished(autotune.tune(chosen, resolved, device, Workload(Net(), SHAPE, images)))


def finished(stream: Generator[object, None, T]) -> T:
    """What the generator returns."""
    while True:
        try:
            next(stream)
        except StopIteration as end:
            result: T = end.value
            return result


def same(precision: str, memory_format: str) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("cores", "macs", "threads"),
    [
        (64, 0, 1),
        (2, 128 * 416_520, 2),  # lenet5
        (64, 128 * 416_520, 2),
        (64, 16 * 416_520, 1),
        (64, 128 * 40_551_040, 29),  # resnet20
        (16, 64 * 105_907_840, 16),  # article-resnet
        (2, 64 * 105_907_840, 2),
        (128, 128 * 555_422_720, 108),  # resnet18
    ],
)
def test_a_small_net_gets_few_threads(cores: int, macs: int, threads: int) -> None:
    assert thread_count(cores, macs) == threads


def test_threads_depend_on_the_batch_and_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = Timed(monkeypatch, same, bf16=False)
    monkeypatch.setattr(autotune, "thread_count", lambda cores, macs: cores * 1_000_000 + macs)
    macs = Workload(Net(), SHAPE, 1).macs
    assert macs == 36 * 36 + 144 * 3
    assert tuned(batch=128).threads == 4_000_000 + 128 * macs
    assert tuned(batch=128, images=100).threads == 4_000_000 + 100 * macs
    assert tuned(threads=3).threads == 4  # as resolved from what the recipe says
    assert timed.compared == []


@pytest.mark.parametrize(
    ("gain", "precision"), [(0.5, "float32"), (1.24, "float32"), (1.26, "bf16"), (3.0, "bf16")]
)
def test_bfloat16_must_be_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, gain: float, precision: str
) -> None:
    timed = Timed(monkeypatch, lambda p, _: 1 / gain if p == "bf16" else 1.0)
    assert tuned().precision == precision
    assert timed.compared == [(("float32", "channels-last"), ("bf16", "channels-last"))]


def test_a_processor_without_bfloat16_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = Timed(monkeypatch, same, bf16=False)
    assert tuned().precision == "float32"
    assert timed.compared == []


def test_the_memory_format_of_an_own_model_is_measured_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def seconds(precision: str, memory_format: str) -> float:
        """As for a net with group norm."""
        return (1.0 if memory_format == "contiguous" else 5.0) / (2 if precision == "bf16" else 1)

    timed = Timed(monkeypatch, seconds)
    resolved = tuned(arch=OWN)
    assert (resolved.precision, resolved.memory_format) == ("bf16", "contiguous")
    assert timed.compared == [
        (("float32", "channels-last"), ("float32", "contiguous")),
        (("float32", "contiguous"), ("bf16", "contiguous")),
    ]


def test_what_a_recipe_says_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = Timed(monkeypatch, same)
    said: dict[str, Any] = {"threads": 4, "memory_format": "channels-last", "precision": "float32"}
    assert tuned(arch=OWN, **said) == RESOLVED
    assert timed.compared == []


def test_the_same_start_takes_the_same_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine is busy at the second start; a start with another net measures again."""
    Timed(monkeypatch, lambda p, _: 0.5 if p == "bf16" else 1.0)
    assert tuned().precision == "bf16"
    busy = Timed(monkeypatch, same)
    assert tuned().precision == "bf16"
    assert tuned(batch=64, epochs=3, seed=1).precision == "bf16"
    assert busy.compared == []
    assert tuned(arch="torchvision/resnet18").precision == "float32"
    assert tuned(arch="article-resnet").precision == "float32"
    assert len(busy.compared) == 3


def test_a_changed_file_is_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = [
        autotune.model_subject(build_recipe(settings={"arch": arch}), Workload(Net(), SHAPE, 9, s))
        for arch, s in ((OWN, "a"), ("other/" + OWN, "a"), (OWN, "b"))
    ]
    assert subjects[0] == subjects[1] != subjects[2]
    assert subjects[0]["architecture"] == OWN


def test_a_trial_leaves_the_model_and_the_random_state_as_they_are() -> None:
    model = Net()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    steps = TrialSteps(model, SHAPE, 2, CPU)
    default = Computation("float32", "channels-last")
    chosen = finished(autotune.fastest(default, ["bf16", "contiguous"], steps))
    assert chosen.gains.keys() == {"bf16", "contiguous"}
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert all(torch.equal(weights[name], now) for name, now in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("graph", ["off", "on"])
def test_whether_to_compile_is_judged_by_a_step_as_it_will_be_taken(
    monkeypatch: pytest.MonkeyPatch, graph: Any
) -> None:
    """A hundred thousand steps that take 0.1 s each, and 1 ms when they are replayed.

    They are timed once: a busy GPU does not change the choice of a later start.
    """
    seconds = [1e-3 if graph == "on" else 0.1, 1.0 if graph == "on" else 1e-4]
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100")
    monkeypatch.setattr(autotune, "unnoticed", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(TrialSteps, "step", lambda self, *options: lambda: None)
    monkeypatch.setattr(TrialSteps, "replayed", lambda self, step: step)
    monkeypatch.setattr(timing, "best_of", lambda step: seconds.pop(0))
    resolved = msgspec.structs.replace(RESOLVED, device="cuda", cuda_graph=graph)
    for _ in range(2):
        settled = tuned(resolved, torch.device("cuda"), epochs=1_000, batch=10)
        assert settled.compile == ("off" if graph == "on" else "on")
    assert len(seconds) == 1


@pytest.mark.parametrize("failure", ["", "operation not permitted when stream is capturing"])
def test_a_step_that_will_be_replayed_is_timed_so_where_it_can_be(
    monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    replays: list[int] = []

    def recorded(step: Step, device: torch.device, draws: Sequence[torch.Generator]) -> Step:
        if failure:
            raise RuntimeError(failure)
        return lambda: replays.append(1)

    monkeypatch.setattr(graph_recording, "record_graph", recorded)
    steps = TrialSteps(Net(), SHAPE, 2, CPU)
    steps.replayed(steps.step("float32", "channels-last"))()
    assert bool(replays) is not bool(failure)


@pytest.mark.parametrize(("seconds", "compiled"), [(0.0299, "off"), (0.0301, "on")])
def test_a_run_of_more_than_a_quarter_of_an_hour_is_compiled(seconds: float, compiled: str) -> None:
    chosen = build_recipe(settings={"epochs": 30, "batch": 50})
    assert autotune.compilation(chosen, 50_049, seconds) == compiled


@pytest.mark.parametrize(("said", "resolved"), [("auto", "off"), ("off", "off"), ("on", "on")])
def test_a_processor_compiles_only_where_it_is_told(said: str, resolved: str) -> None:
    chosen = build_recipe(settings={"compile": said, "precision": "float32"})
    assert device_resolution.resolve(chosen, CPU, 8).compile == resolved


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_what_a_recipe_says_is_obeyed(precision: str) -> None:
    chosen = build_recipe(settings={"precision": precision, "memory_format": "contiguous"})
    resolved = device_resolution.resolve(chosen, CPU, 32)
    assert (resolved.precision, resolved.memory_format) == (precision, "contiguous")


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
