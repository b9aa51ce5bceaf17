"""The time of runs on CIFAR-10 to an accuracy.

For the part `accuracy` of benchmarks/gpu.py.
"""

from __future__ import annotations

import math
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.gpu_loops import Bench
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run.engine_log import last_line
from engine.run.journal_reader import JournalReader
from engine.start import launch

# The images per class with --quick.
QUICK_IMAGES = 8
POLL_SECONDS = 0.05

# The accuracies whose times are reported on the way.
MARKS = (0.8, 0.85, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95)


class Goal(NamedTuple):
    """An accuracy on the test images, and the architecture and preset that should reach it."""

    arch: str
    preset: str
    top1: float


GOALS = (Goal("speednet", "quick", 0.94), Goal("resnet18", "quick", 0.95))


def accuracy(bench: Bench, deadline: float) -> dict[str, Any]:
    """The times of all goals."""
    if bench.images is None:
        print("not run: needs an archive of images")
        return {"not run": "needs an archive of images"}
    most = QUICK_IMAGES if bench.quick else None
    data = unpacked(bench.images, bench.folder / "images", most)
    return {goal.arch: time_to(bench, data, goal, deadline) for goal in GOALS}


def unpacked(archive: Path, folder: Path, most: int | None) -> Path:
    """Unpack the images of an archive, or only the first `most` of each class."""
    began = time.monotonic()
    with tarfile.open(archive) as tar:
        for member in tar:
            stem = Path(member.name).stem
            if most is None or not stem.isdecimal() or int(stem) < most:
                tar.extract(member, folder, filter="data")
    print(f"unpacked in {time.monotonic() - began:.0f} s", flush=True)
    return folder


def time_to(bench: Bench, data: Path, goal: Goal, deadline: float) -> dict[str, Any]:
    """Seconds from the first step of a run to each accuracy, with evaluations and saves."""
    settings = {"epochs": 1, "batch": 16} if bench.quick else {}
    chosen = build_recipe(
        settings=settings,
        flags={
            **{"arch": goal.arch, "preset": goal.preset},
            **{"data": str(data), "device": str(bench.device)},
        },
    )
    found: dict[str, Any] = {"reached": False, "top1": 0.0, "epochs": 0, "training seconds": 0.0}
    marks: dict[str, float] = {}
    began = math.nan
    for event in run_of(chosen, bench.folder / "runs", deadline):
        if isinstance(event, events.Phase) and event.name == "training" and math.isnan(began):
            began = event.time
        if isinstance(event, events.EpochEnded):
            found["training seconds"] += event.seconds
            found |= {"all seconds": event.time - began, "epochs": event.epoch}
            found["top1"] = max(found["top1"], event.top1 or 0.0)
            for mark in MARKS:
                if found["top1"] >= mark:
                    marks.setdefault(f"{mark:.0%}", round(event.time - began, 2))
            found["reached"] = found["top1"] >= goal.top1
            if found["reached"]:
                break
    found["seconds to"] = marks
    reached = "reached" if found["reached"] else "NOT reached"
    print(
        f"accuracy  {goal.arch:<15} {goal.top1:.0%} {reached}: {found['top1']:.2%} after "
        f"{found['epochs']} of {chosen.epochs} epochs, {found['training seconds']:.1f} s\n"
        f"          seconds to: {', '.join(f'{mark} {at}' for mark, at in marks.items())}",
        flush=True,
    )
    return found


def run_of(chosen: Recipe, runs: Path, deadline: float) -> Iterator[events.Event]:
    """The events of a run as they come, until its end or the deadline; then kills its engine."""
    claim = launch.create(chosen, runs)
    process = launch.spawn(claim, chosen)
    reader = JournalReader(claim.run.journal)
    try:
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            for said in reader.slices():
                yield from said.events
            if ended:
                assert process.returncode == 0, last_line(claim.run)
                return
            time.sleep(POLL_SECONDS)
    finally:
        process.kill()
        process.wait()
