"""What a dashboard costs a training on a GPU, beside a loop written by hand.

For the part `attached` of benchmarks/gpu.py.
"""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_loops import QUICK_SPEEDS, SPEEDS, Bench, Case
from benchmarks.overhead import Engine, bare_loop, random_images, running, viewer_of
from benchmarks.peer import Measure, interval, take_turns, verdict
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields

# The cost of a dashboard, as in benchmarks/overhead.py. The first ratio has no budget: the loop
# written by hand has no CUDA graph.
BUDGETS = {("headless", "bare"): None, ("attached", "headless"): 0.98}
SLICE_SECONDS, QUICK_SLICE_SECONDS = 2.0, 1.0
UTILISATION_SECONDS = 0.1


class Rig:
    """A loop written by hand, the engine and a dashboard for one architecture, which take turns."""

    def __init__(self, bench: Bench, case: Case, images: Path) -> None:
        self._bench, self._images = bench, images
        self.arch, self.batch = case
        self.idle: dict[str, list[float]] = {"bare": [], "headless": [], "attached": []}
        self.speeds: dict[str, list[float]] = {name: [] for name in self.idle}
        self._ways: dict[str, Measure] = {}

    def start(self, stack: ExitStack) -> None:
        """Start the processes; they end with `stack`, and are stopped between their turns."""
        seconds = QUICK_SLICE_SECONDS if self._bench.quick else SLICE_SECONDS
        chosen = build_recipe(
            settings={
                **{"epochs": 100_000, "batch": self.batch},
                **{"crop": 0, "flip": False, "compile": "off"},
            },
            flags={
                **{"arch": self.arch, "data": str(self._images)},
                **{"device": str(self._bench.device)},
            },
        )
        engine = stack.enter_context(Engine(chosen, self._bench.folder / "runs", seconds))
        settled = build_recipe(file=read_fields(engine.run.recipe))
        file = self._bench.folder / f"{self.arch}.toml"
        bare = stack.enter_context(bare_loop(settled, file, seconds))
        viewer = stack.enter_context(viewer_of(engine.run))

        def attached() -> float:
            with running(viewer):
                return engine.speed()

        self._ways = {"bare": bare, "headless": engine.speed, "attached": attached}

    def round(self, *, counts: bool) -> None:
        """Measure each of the three in turn; a round that does not count only warms them up."""
        ways = {name: partial(self._measured, name, counts=counts) for name in self._ways}
        found = {name: speed for name, (speed,) in take_turns(ways, 1).items()}
        # On a busy machine a slice may end before a step does.
        if counts and all(found.values()):
            for name, speed in found.items():
                self.speeds[name].append(speed)

    def _measured(self, name: str, *, counts: bool) -> float:
        with idling(self._bench.device, self.idle[name] if counts else []):
            return self._ways[name]()


def speeds(bench: Bench, deadline: float) -> dict[str, Any]:
    """Images/s and the idle share of all three ways, for each architecture."""
    images = random_images(bench.folder / "random")
    cases = QUICK_SPEEDS if bench.quick else SPEEDS
    rigs = [Rig(bench, case, images) for case in cases]
    with ExitStack() as stack:
        stacks = [stack.enter_context(ExitStack()) for _ in rigs]
        with ThreadPoolExecutor() as pool:
            list(pool.map(Rig.start, rigs, stacks))
        for rig in rigs:
            rig.round(counts=False)
        longest = 0.0
        while not longest or time.monotonic() + longest < deadline:
            began = time.monotonic()
            for rig in rigs:
                rig.round(counts=True)
            longest = max(longest, time.monotonic() - began)
    return {rig.arch: summary(rig) for rig in rigs}


@contextmanager
def idling(device: torch.device, shares: list[float]) -> Iterator[None]:
    """Append the share of the time inside in which the GPU was idle, as its driver reports it."""
    if device.type != "cuda":
        yield
        return
    busy: list[float] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(UTILISATION_SECONDS):
            busy.append(torch.cuda.utilization(device) / 100)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield
    finally:
        over.set()
        sampler.join()
        # The driver reports with a delay: the first half is about the slice before.
        shares.append(1 - statistics.mean(busy[len(busy) // 2 :] or [0.0]))


def summary(rig: Rig) -> dict[str, Any]:
    found: dict[str, Any] = {"batch": rig.batch, "rounds": len(rig.speeds["bare"])}
    for name, values in rig.speeds.items():
        speed = statistics.median(values or [math.nan])
        share = statistics.median(rig.idle[name]) if rig.idle[name] else None
        found[name] = {"images a second": speed, "idle share": share}
        said = "" if share is None else f"   idle {share:.0%}"
        print(f"attached  {rig.arch:<15} {name:<9} {speed:9.0f} images/s{said}")
    for (over, under), budget in BUDGETS.items():
        pairs = zip(rig.speeds[over], rig.speeds[under], strict=True)
        ratios = [a / b for a, b in pairs]
        found[f"{over} : {under}"] = ratios
        low, high = interval(ratios) if ratios else (math.nan, math.nan)
        ratio = statistics.median(ratios or [math.nan])
        said = f"{ratio:.3f}   ({low:.3f} to {high:.3f})"
        judged = "" if budget is None else f"   {verdict(low, high, budget)}"
        print(f"attached  {rig.arch:<15} {over} : {under}  {said}{judged}", flush=True)
    return found
