"""What it costs a script to be watched: its loop, a call of `run.step`, an import.

    python -m benchmarks.watch [--rounds 30] [--slice 2]

A loop of LeNet-5 written by hand takes turns with the same loop under `cnn_tui.watch`, which a
dashboard of 120×40 cells shows, and with the engine, headless and attached; see
benchmarks/overhead.py. Being watched may cost the script no more than the dashboard costs the
engine: the ratio of the two ratios of each round is at least 1. Then come the time of `run.step` on
the thread that trains, and that of `import cnn_tui`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch

import cnn_tui
from benchmarks.overhead import (
    CATCH_UP_SECONDS,
    WARM_UP_SLICES,
    Engine,
    bare_loop,
    environment,
    random_images,
    running,
    viewer_of,
)
from benchmarks.peer import (
    ROOT,
    Measure,
    Peer,
    interval,
    middle,
    report,
    take_turns,
    upper_judged,
    verdict,
)
from benchmarks.watched import NAME
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run.run_paths import RunDir

STEP_MICROSECONDS, IMPORT_MILLISECONDS = 10.0, 15.0
STEPS, PARTS, IMPORTS = 2_000, 15, 15
WATCHED, WITHOUT = "watched, attached", "without"
IMPORT = "import time; t = time.perf_counter(); import cnn_tui; print(time.perf_counter() - t)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--slice", type=float, default=2.0, help="seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = loops(Path(folder), options.rounds, options.slice)
        report(found, {(WATCHED, WITHOUT): None, ("attached", "headless"): None})
        print(cost(found))
        print(told("run.step(loss=…), µs", step_times(folder), STEP_MICROSECONDS))
    print(told("import cnn_tui, ms", import_times(), IMPORT_MILLISECONDS))


def loops(folder: Path, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Images per second of each loop, in turns."""
    chosen = build_recipe(
        settings={"epochs": 100_000, "batch": 128, "crop": 0, "flip": False},
        flags={"arch": "lenet5", "data": str(random_images(folder / "images"))},
    )
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(chosen, folder, seconds))
        settled = build_recipe(file=read_fields(engine.run.recipe))
        file, runs = folder / "recipe.toml", folder / "runs"
        without = stack.enter_context(bare_loop(settled, file, seconds))
        command = [sys.executable, "-m", "benchmarks.watched", str(file), str(seconds), str(runs)]
        script = stack.enter_context(Peer(*command, env=environment(settled)))
        engines_viewer = stack.enter_context(viewer_of(engine.run))
        scripts_viewer = stack.enter_context(viewer_of(RunDir(runs / f"1-{NAME}")))

        def shown(viewer: int, measure: Measure) -> Measure:
            def measured() -> float:
                with running(viewer):
                    time.sleep(CATCH_UP_SECONDS)
                    return measure()

            return measured

        ways: dict[str, Measure] = {
            WITHOUT: without,
            WATCHED: shown(scripts_viewer, script),
            "headless": engine.speed,
            "attached": shown(engines_viewer, engine.speed),
        }
        for _ in range(WARM_UP_SLICES):
            ways["attached"]()
        return take_turns(ways, rounds)


def cost(found: Mapping[str, Sequence[float]]) -> str:
    """The line on what a watched script keeps of its speed, over what the engine keeps."""
    rounds = zip(found[WATCHED], found[WITHOUT], found["attached"], found["headless"], strict=True)
    ratios = [(watched / without) / (a / h) for watched, without, a, h in rounds]
    judged = f"{middle(ratios)}   {verdict(*interval(ratios), 1.0)}"
    return f"  speed kept by a script : by our engine  {judged}"


def told(what: str, values: Sequence[float], most: float) -> str:
    """The median of these, with its interval and verdict."""
    return f"  {what}  {upper_judged(values, most, digits=2)}"


def step_times(folder: str) -> list[float]:
    """The median microseconds of `run.step` with a loss, in several parts."""
    loss = torch.ones((), requires_grad=True) * 2
    found = []
    with cnn_tui.watch(name="steps", runs_dir=folder) as run:
        for _ in range(PARTS):
            times = []
            for _ in range(STEPS):
                began = time.perf_counter_ns()
                run.step(loss=loss)
                times.append((time.perf_counter_ns() - began) / 1000)
            found.append(statistics.median(times))
    return found


def import_times() -> list[float]:
    """Milliseconds of the import in fresh interpreters; the first one may compile."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-S", "-c", IMPORT]
    times = [
        1000 * float(subprocess.run(command, env=environ, check=True, capture_output=True).stdout)
        for _ in range(IMPORTS + 1)
    ]
    return times[1:]


if __name__ == "__main__":
    main()
