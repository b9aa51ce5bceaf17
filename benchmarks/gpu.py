"""What a GPU brings: right results, images/s, how long it idles, and the time to an accuracy.

    python -m benchmarks.gpu IMAGES.tar.xz [--minutes 10] [--only PART …] [--json FILE]
                             [--device auto] [--quick]

IMAGES is CIFAR-10 in ImageFolder layout, `train/CLASS/*` and `test/CLASS/*`, as one archive. The
parts are: `correct`, in which the losses of some steps are compared with the processor's, eager,
replayed and compiled; `replay`, our loop with and without CUDA graphs; `speed`, in which a loop
written by hand, the engine, and the engine with a dashboard take turns as in
benchmarks/overhead.py; `accuracy`, in which runs are timed until they have one; and `compile`, our
loop replayed as it is and compiled. Each has its share of the minutes and begins nothing after it;
what was found so far is in FILE after each. With --quick everything is small, for a try on a
processor.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import tarfile
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.in_engine import random_images as random_data
from benchmarks.overhead import Engine, bare_loop, random_images, running, viewer_of
from benchmarks.peer import Measure, interval, take_turns, verdict
from engine.data.base.dataset import Dataset, Images
from engine.devices import device as devices
from engine.devices import device_resolution
from engine.models import registry
from engine.models.layer_options import LayerOptions
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run.engine_log import last_line
from engine.run.journal_reader import JournalReader
from engine.start import launch
from engine.training.trainer import Trainer

CLASSES, SIDE = 10, 32
# The sums are the same in another order; at a high rate the losses would soon drift apart.
STEPS, CHECKED_BATCH, TOLERANCE = 8, 64, 5e-3
WAYS = ("eager", "replayed", "compiled")
# Only a GPU replays.
PROCESSOR_WAYS = ("eager", "compiled")
CHECKED = ("lenet5", "article-resnet")
SPEEDS = {"lenet5": 128, "article-resnet": 128, "resnet18": 128, "resnet50": 128}
QUICK_SPEEDS = {"lenet5": 64}
REPLAYED = {**SPEEDS, "speednet": 1024}
# What a dashboard costs, as in benchmarks/overhead.py; of the first there is no budget, since the
# loop written by hand has no CUDA graph.
BUDGETS = {("headless", "bare"): None, ("attached", "headless"): 0.98}
REPLAY_ROUNDS, REPLAY_WARM_UP = 2, 30
# So many images of a class are enough for a try.
QUICK_IMAGES = 8
SLICE_SECONDS, QUICK_SLICE_SECONDS = 2.0, 1.0
UTILISATION_SECONDS, POLL_SECONDS = 0.1, 0.05

# Accuracies whose time is told on the way.
MARKS = (0.8, 0.85, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95)


class Goal(NamedTuple):
    """An accuracy on the test images, and what shall reach it."""

    arch: str
    preset: str
    top1: float


GOALS = (Goal("speednet", "quick", 0.94), Goal("resnet18", "quick", 0.95))

# What is measured, in this order, each with its share of the time.
PARTS = {"correct": 0.1, "replay": 0.12, "speed": 0.4, "accuracy": 0.18, "compile": 0.2}


class Bench(NamedTuple):
    """Where and on what is measured."""

    folder: Path
    data: Path
    device: torch.device
    quick: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path, help="an archive, as .tar.xz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--json", type=Path, default=Path("gpu.json"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    device = devices.choose(options.device)
    found: dict[str, Any] = {"machine": machine(device), "quick": options.quick}
    print(", ".join(f"{name} {value}" for name, value in found["machine"].items()), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = unpacked(options.images, folder / "images", QUICK_IMAGES if options.quick else None)
        bench = Bench(folder, data, device, options.quick)
        for part, deadline in deadlines(options.only, began, options.minutes * 60):
            try:
                found[part] = part_of(bench, part, deadline)
            except Exception as error:  # noqa: BLE001 (the machine is there for minutes: go on)
                traceback.print_exc()
                found[f"{part} failed"] = f"{type(error).__name__}: {error}"
            options.json.write_text(json.dumps(found, indent=2))
    print(f"\nall of it is in {options.json}")


def deadlines(only: Sequence[str], began: float, seconds: float) -> Iterator[tuple[str, float]]:
    """The parts that are measured, each with the time at which it shall have ended."""
    shares = {part: share for part, share in PARTS.items() if part in only}
    ends = itertools.accumulate(shares.values())
    for part, end in zip(shares, ends, strict=True):
        yield part, began + seconds * end / sum(shares.values())


def part_of(bench: Bench, part: str, deadline: float) -> dict[str, Any]:
    match part:
        case "correct":
            return {arch: correct(bench, arch) for arch in CHECKED}
        case "replay":
            return each_in_time(partial(replay, bench), replayed(bench), deadline)
        case "speed":
            return speeds(bench, deadline)
        case "accuracy":
            return {goal.arch: time_to(bench, goal, deadline) for goal in GOALS}
        case _:
            return each_in_time(partial(compilation, bench), replayed(bench), deadline)


def replayed(bench: Bench) -> list[str]:
    """What is replayed: only a GPU does."""
    return list(REPLAYED) if bench.device.type == "cuda" else []


def each_in_time(
    measure: Callable[[str], dict[str, Any]], archs: Iterable[str], deadline: float
) -> dict[str, Any]:
    """What is found of each architecture whose turn comes before the deadline."""
    found = {}
    for arch in archs:
        if time.monotonic() < deadline:
            found[arch] = measure(arch)
    return found


def machine(device: torch.device) -> dict[str, str]:
    return {
        "device": devices.name(device).partition(" ")[2],
        "torch": str(torch.__version__),
        "cuda": str(torch.version.cuda),
    }


def unpacked(archive: Path, folder: Path, most: int | None) -> Path:
    """The images of an archive, or only the first so many of each class."""
    began = time.monotonic()
    with tarfile.open(archive) as tar:
        for member in tar:
            stem = Path(member.name).stem
            if most is None or not stem.isdecimal() or int(stem) < most:
                tar.extract(member, folder, filter="data")
    print(f"unpacked in {time.monotonic() - began:.0f} s", flush=True)
    return folder


# Correctness


def correct(bench: Bench, arch: str) -> dict[str, Any]:
    """Whether the losses of some steps in float32 are those of the processor."""
    torch.backends.cudnn.allow_tf32 = False
    cpu = losses(arch, torch.device("cpu"), "eager")
    found: dict[str, Any] = {"losses on the processor": cpu}
    for way in WAYS if bench.device.type == "cuda" else PROCESSOR_WAYS:
        try:
            here = losses(arch, bench.device, way)
        except Exception as error:  # noqa: BLE001 (what a compiler may raise; the rest is measured)
            found[way] = f"{type(error).__name__}: {error}".partition("\n")[0]
            print(f"correct   {arch:<15} {way:<9} FAILED: {found[way]}", flush=True)
            continue
        worst = max(abs(a - b) / abs(b) for a, b in zip(here, cpu, strict=True))
        right = worst <= TOLERANCE
        found[way] = {"losses": here, "largest difference": worst, "right": right}
        verdict = "right" if right else f"WRONG (≤ {TOLERANCE})"
        print(f"correct   {arch:<15} {way:<9} {worst:.1e} apart   {verdict}", flush=True)
    return found


def losses(arch: str, device: torch.device, way: str) -> list[float]:
    """The loss of each of some steps on one batch of random images, from the same weights."""
    chosen = build_recipe(
        settings={
            **{"epochs": STEPS, "batch": CHECKED_BATCH, "precision": "float32", "lr": 1e-3},
            **{"crop": 0, "flip": False, "dropout": 0.0, "threads": torch.get_num_threads()},
            **{"cuda_graph": "on" if way == "replayed" else "off"},
        },
        flags={"arch": arch, "data": "cifar10"},
    )
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (CHECKED_BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
    images = Images(pixels, torch.randint(0, CLASSES, (CHECKED_BATCH,)))
    names = tuple(str(label) for label in range(CLASSES))
    data = Dataset(names, images, images, "test", (0.5,) * 3, (0.25,) * 3)
    model = registry.build(arch, 3, SIDE, CLASSES, LayerOptions(dropout=0.0))
    resolved = device_resolution.resolve(chosen, device, SIDE)
    trainer = Trainer(chosen, resolved, device, data, model, time.monotonic)
    if way == "compiled":
        trainer.compile()
    said = [checked(event) for event in trainer.run()]
    ended = [event for event in said if isinstance(event, events.EpochEnded)]
    return [math.nan if each.train_loss is None else each.train_loss for each in ended]


def checked(event: events.Event | None) -> events.Event | None:
    """The event, where it does not say that steps are not replayed."""
    if isinstance(event, events.Alert) and event.code == "cuda-graph":
        raise RuntimeError(event.text)
    return event


# Speed


class Rig:
    """A loop written by hand, the engine and a dashboard, for one architecture; take turns."""

    def __init__(self, bench: Bench, arch: str, images: Path) -> None:
        self._bench, self.arch, self._images = bench, arch, images
        self.batch = QUICK_SPEEDS[arch] if bench.quick else SPEEDS[arch]
        self.idle: dict[str, list[float]] = {"bare": [], "headless": [], "attached": []}
        self.speeds: dict[str, list[float]] = {name: [] for name in self.idle}
        self._ways: dict[str, Measure] = {}

    def start(self, stack: ExitStack) -> None:
        """Start its processes, until `stack` is closed; until its first turn they are stopped."""
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
        """Each of the three in turn; the first round only warms them up."""
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
    """Images/s and the idle share of each architecture, of all three ways."""
    images = random_images(bench.folder / "random")
    archs = QUICK_SPEEDS if bench.quick else SPEEDS
    rigs = [Rig(bench, arch, images) for arch in archs]
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
    """Add the share of this time in which the GPU computed nothing, as its driver says."""
    if device.type != "cuda":
        yield
        return
    busy: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(UTILISATION_SECONDS):
            busy.append(torch.cuda.utilization(device) / 100)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        # What the driver says is about a time before: the first half is of another slice.
        shares.append(1 - statistics.mean(busy[len(busy) // 2 :] or [0.0]))


def summary(rig: Rig) -> dict[str, Any]:
    found: dict[str, Any] = {"batch": rig.batch, "rounds": len(rig.speeds["bare"])}
    for name, values in rig.speeds.items():
        speed = statistics.median(values or [math.nan])
        share = statistics.median(rig.idle[name]) if rig.idle[name] else None
        found[name] = {"images a second": speed, "idle share": share}
        said = "" if share is None else f"   idle {share:.0%}"
        print(f"speed     {rig.arch:<15} {name:<9} {speed:9.0f} images/s{said}")
    for (over, under), budget in BUDGETS.items():
        pairs = zip(rig.speeds[over], rig.speeds[under], strict=True)
        ratios = [a / b for a, b in pairs]
        found[f"{over} : {under}"] = ratios
        low, high = interval(ratios) if ratios else (math.nan, math.nan)
        ratio = statistics.median(ratios or [math.nan])
        said = f"{ratio:.3f}   ({low:.3f} to {high:.3f})"
        judged = "" if budget is None else f"   {verdict(low, high, budget)}"
        print(f"speed     {rig.arch:<15} {over} : {under}  {said}{judged}", flush=True)
    return found


# One launch a step


def replay(bench: Bench, arch: str) -> dict[str, Any]:
    """Images/s of our loop in this process: kernel by kernel, and a step as one CUDA graph."""
    return raced(arch, "replayed", {way: trainer(bench, arch, way) for way in ("off", "on")})


def compilation(bench: Bench, arch: str) -> dict[str, Any]:
    """Images/s of our loop with a step as one CUDA graph: as it is, and compiled."""
    as_it_is, compiled = (trainer(bench, arch, "on") for _ in range(2))
    began = time.monotonic()
    compiled.compile()
    seconds = time.monotonic() - began
    print(f"compiled  {arch:<15} in {seconds:.0f} s", flush=True)
    found = raced(arch, "compiled", {"off": as_it_is, "on": compiled})
    return {"seconds": seconds, **found}


def trainer(bench: Bench, arch: str, cuda_graph: str) -> Trainer:
    """A training in this process, with or without a CUDA graph."""
    chosen = build_recipe(
        settings={"epochs": 100_000, "batch": REPLAYED[arch], "cuda_graph": cuda_graph},
        flags={"arch": arch, "data": "cifar10"},
    )
    model = registry.build(arch, 3, SIDE, CLASSES)
    resolved = device_resolution.resolve(chosen, bench.device, SIDE)
    return Trainer(chosen, resolved, bench.device, random_data(), model, time.monotonic)


def raced(arch: str, what: str, trainers: Mapping[str, Trainer]) -> dict[str, Any]:
    """Images/s of two trainings that take turns, "off" and "on", and their ratio."""
    with ExitStack() as stack:
        ways: dict[str, Measure] = {
            way: partial(stretch, each, stack.enter_context(closing(each.run())))
            for way, each in trainers.items()
        }
        take_turns(ways, 1)
        found = take_turns(ways, REPLAY_ROUNDS)
    ratio = statistics.median(a / b for a, b in zip(found["on"], found["off"], strict=True))
    off, on = (statistics.median(found[way]) for way in ("off", "on"))
    print(f"{what:<9} {arch:<15} {on:9.0f} images/s, before {off:9.0f}: {ratio:.2f}", flush=True)
    return {"batch": REPLAYED[arch], **found, f"{what} : not": ratio}


def stretch(trainer: Trainer, life: Iterator[events.Event | None]) -> float:
    """Images a second of some training steps, to the end of the last."""
    while trainer.step < REPLAY_WARM_UP:
        checked(next(life))
    wait_for(trainer)
    began, first, evaluating = time.perf_counter(), trainer.step, 0.0
    while time.perf_counter() < began + SLICE_SECONDS:
        event = checked(next(life))
        if isinstance(event, events.EpochEnded):
            evaluating += event.evaluation_seconds or 0.0
    wait_for(trainer)
    seconds = time.perf_counter() - began - evaluating
    return (trainer.step - first) * trainer.batch / seconds


def wait_for(trainer: Trainer) -> None:
    """Until the device has done all steps: weights are read back."""
    next(trainer.model.parameters()).sum().item()


# Time to an accuracy


def time_to(bench: Bench, goal: Goal, deadline: float) -> dict[str, Any]:
    """When a run was how good: seconds since its first step, evaluation and saves included."""
    settings = {"epochs": 1, "batch": 16} if bench.quick else {}
    chosen = build_recipe(
        settings=settings,
        flags={
            **{"arch": goal.arch, "preset": goal.preset},
            **{"data": str(bench.data), "device": str(bench.device)},
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
    """The events of a run as they come, until it ends or time is up; then its engine is ended."""
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


if __name__ == "__main__":
    main()
