"""Our training loop in this process, for the parts of benchmarks/gpu.py that compare its ways.

Trainings take turns. Each is measured from the end of a step to the end of a later one, without
evaluation, on random images that are on the device.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.in_engine import random_images
from benchmarks.peer import take_turns
from engine.data.base.dataset import Dataset
from engine.devices import device_resolution
from engine.models import registry
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.training.trainer import Trainer

CLASSES, SIDE = 10, 32
ROUNDS, WARM_UP_STEPS = 3, 30
SLICE_SECONDS, QUICK_SLICE_SECONDS = 2.0, 0.2
# The steps that one CUDA graph holds, in the part `several`.
TOGETHER = (1, 4, 16)
NEEDS_A_GPU = {"not run": "needs a GPU"}


class Bench(NamedTuple):
    """The folder, the archive of images, the device and the scale of a benchmark."""

    folder: Path
    images: Path | None
    device: torch.device
    quick: bool

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"


class Case(NamedTuple):
    """An architecture and its batch."""

    arch: str
    batch: int

    def __str__(self) -> str:
        return f"{self.arch} {self.batch}"


SPEEDS = tuple(Case(arch, 128) for arch in ("lenet5", "article-resnet", "resnet18", "resnet50"))
QUICK_SPEEDS = (Case("lenet5", 64),)


@functools.cache
def data() -> Dataset:
    return random_images()


class Loop:
    """A training that goes on while it is measured; close it."""

    def __init__(self, bench: Bench, case: Case, *, together: int = 1, **settings: Any) -> None:
        chosen = build_recipe(
            settings={"epochs": 100_000, "batch": case.batch, **settings},
            flags={"arch": case.arch, "data": "cifar10"},
        )
        model = registry.build(case.arch, 3, SIDE, CLASSES)
        resolved = device_resolution.resolve(chosen, bench.device, SIDE)
        self.trainer = Trainer(
            *(chosen, resolved, bench.device, data(), model, time.monotonic),
            together=together,
        )
        self._life = self.trainer.run()
        self._seconds = QUICK_SLICE_SECONDS if bench.quick else SLICE_SECONDS

    def take(self, steps: int) -> float:
        """Take at least so many steps; returns the seconds of evaluation among them."""
        end, evaluating = self.trainer.step + steps, 0.0
        while self.trainer.step < end:
            event = checked(next(self._life))
            if isinstance(event, events.EpochEnded):
                evaluating += event.evaluation_seconds or 0.0
        return evaluating

    def warm_up(self) -> None:
        """Take the steps in which kernels are chosen and the others are recorded."""
        for _ in range(WARM_UP_STEPS):
            self.take(1)
        self.wait()

    def speed(self) -> float:
        """Images per second of some training steps, up to the end of the last one."""
        began, first, evaluating = time.perf_counter(), self.trainer.step, 0.0
        while time.perf_counter() < began + self._seconds:
            evaluating += self.take(1)
        self.wait()
        seconds = time.perf_counter() - began - evaluating
        return (self.trainer.step - first) * self.trainer.batch / seconds

    def wait(self) -> None:
        """Wait until the device has done all steps, by reading weights back."""
        next(self.trainer.model.parameters()).sum().item()

    def close(self) -> None:
        self._life.close()
        self.trainer.close()


def checked(event: events.Event | None) -> events.Event | None:
    """The same event. Raises RuntimeError where it says that steps are not replayed."""
    if isinstance(event, events.Alert) and event.code == "cuda-graph":
        raise RuntimeError(event.text)
    return event


def each_in_time(
    measure: Callable[[Case], dict[str, Any]], cases: Iterable[Case], deadline: float
) -> dict[str, Any]:
    """The results of the cases that the time is enough for; one that fails is named."""
    found: dict[str, Any] = {}
    longest = 0.0
    for case in cases:
        began = time.monotonic()
        if began + longest >= deadline:
            said: dict[str, Any] = {"not run": "no time was left"}
        else:
            said = attempted(partial(measure, case))
        longest = max(longest, time.monotonic() - began)
        for how in ("not run", "failed"):
            if how in said:
                print(f"{case}  {how}: {said[how]}", flush=True)
        found[str(case)] = said
    return found


def attempted(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return measure()
    except Exception as error:  # noqa: BLE001 (of compilers and drivers; measure the rest)
        return {"failed": f"{type(error).__name__}: {error}"}


def raced(what: str, loops: Mapping[str, Loop], budget: float | None = None) -> dict[str, Any]:
    """Images/s of trainings that take turns, and their ratios to the first one."""
    for loop in loops.values():
        loop.warm_up()
    speeds = take_turns({name: loop.speed for name, loop in loops.items()}, ROUNDS)
    base = next(iter(loops))
    found: dict[str, Any] = {"images a second": speeds}
    for name, values in speeds.items():
        ratios = [a / b for a, b in zip(values, speeds[base], strict=True)]
        found[f"{name} : {base}"] = ratio = statistics.median(ratios)
        wanted = "" if budget is None or name == base else f"   (aim ≥ {budget})"
        speed = statistics.median(values)
        print(f"{what:<24} {name:<12} {speed:9.0f} images/s   {ratio:.3f}{wanted}", flush=True)
    return found


def replay(bench: Bench, case: Case) -> dict[str, Any]:
    """Kernel by kernel, and each step as one CUDA graph."""
    if not bench.on_gpu:
        return NEEDS_A_GPU
    with ExitStack() as stack:
        opened = partial(_opened, stack, bench, case)
        return raced(f"replay {case}", {"off": opened(cuda_graph="off"), "on": opened()})


def several(bench: Bench, case: Case) -> dict[str, Any]:
    """One step in a CUDA graph, and several."""
    if not bench.on_gpu:
        return NEEDS_A_GPU
    with ExitStack() as stack:
        opened = partial(_opened, stack, bench, case)
        loops = {f"{count} a launch": opened(together=count) for count in TOGETHER}
        return raced(f"several {case}", loops)


def deterministic(bench: Bench, case: Case) -> dict[str, Any]:
    """The kernels of a GPU as they are chosen, and deterministic ones.

    A process that has asked for these goes on to use them, but a recording keeps its own.
    """
    with ExitStack() as stack:
        opened = partial(_opened, stack, bench, case)
        loops = {"off": opened(deterministic="off")}
        loops["off"].warm_up()
        loops["on"] = opened(deterministic="on")
        return raced(f"deterministic {case}", loops, 0.98)


def _opened(stack: ExitStack, bench: Bench, case: Case, **options: Any) -> Loop:
    return stack.enter_context(closing(Loop(bench, case, **options)))
