"""A GPU's results and speed: equal runs, images/s, idle time, and the time to an accuracy.

    python -m benchmarks.gpu [IMAGES.tar.xz] [--minutes 9] [--only PART …] [--out FOLDER]
                             [--device auto] [--quick]

Run `make test-gpu` first. Parts, each in a process of its own with a share of the minutes:

    correct        compares the losses of some steps with the CPU's: eager, replayed and compiled
    deterministic  compares two runs of one seed bit for bit, and one that is killed and resumed;
                   and the speed with and without deterministic kernels
    compile        compares our loop with CUDA graphs, compiled and not, and profiles both
    several        compares one step in a CUDA graph and several, of LeNet-5
    attached       compares a loop written by hand, the engine, and the engine with a dashboard, in
                   turns as in benchmarks/overhead.py
    first-step     measures the time from the start of a process to its first step, and a bare
                   script's
    replay         compares our loop with and without CUDA graphs
    accuracy       measures the time of runs to an accuracy on IMAGES, an archive of CIFAR-10 in
                   ImageFolder layout, `train/CLASS/*` and `test/CLASS/*`

Without --only, all parts but the last two run. A part that fails or takes too long does not stop
the others. FOLDER, by default $OUT or else this folder, gets gpu.json and gpu.txt, with all results
so far. With --quick everything is small; with --device cpu, what only a GPU can do is said to need
one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import torch

from benchmarks import gpu_loops
from benchmarks.gpu_equal_runs import equal_runs
from benchmarks.gpu_first_step import first_step
from benchmarks.gpu_kernels import compilation
from benchmarks.gpu_loops import CLASSES, SIDE, Bench, Case, checked, each_in_time
from benchmarks.overhead import Engine, bare_loop, random_images, running, viewer_of
from benchmarks.peer import ROOT, Measure, interval, take_turns, verdict
from engine import text
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
from engine.start.engine_environment import ONE_WORKSPACE
from engine.training.trainer import Trainer

# Sums are taken in another order, so at a high learning rate the losses would soon drift apart.
STEPS, CHECKED_BATCH, TOLERANCE = 8, 64, 5e-3
WAYS = ("eager", "replayed", "compiled")
# Only a GPU replays.
CPU_WAYS = ("eager", "compiled")
CHECKED = ("lenet5", "article-resnet")
SPEEDS = tuple(Case(arch, 128) for arch in ("lenet5", "article-resnet", "resnet18", "resnet50"))
QUICK_SPEEDS = (Case("lenet5", 64),)
REPLAYED = (*SPEEDS, Case("speednet", 1024))
COMPILED = tuple(Case(arch, n) for n in (128, 512) for arch in ("resnet18", "article-resnet"))
# The batches fit the 1,437 images of the digits.
EQUAL = tuple(Case(arch, 64) for arch in ("lenet5", "article-resnet", "resnet18", "speednet"))
# The cost of a dashboard, as in benchmarks/overhead.py. The first ratio has no budget: the loop
# written by hand has no CUDA graph.
BUDGETS = {("headless", "bare"): None, ("attached", "headless"): 0.98}
# The images per class with --quick.
QUICK_IMAGES = 8
SLICE_SECONDS, QUICK_SLICE_SECONDS = 2.0, 1.0
UTILISATION_SECONDS, POLL_SECONDS = 0.1, 0.05

# The accuracies whose times are reported on the way.
MARKS = (0.8, 0.85, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95)


class Goal(NamedTuple):
    """An accuracy on the test images, and the architecture and preset that should reach it."""

    arch: str
    preset: str
    top1: float


GOALS = (Goal("speednet", "quick", 0.94), Goal("resnet18", "quick", 0.95))

# The parts in their order, each with its share of the time.
PARTS = {
    **{"correct": 0.12, "deterministic": 0.22, "compile": 0.36, "several": 0.05},
    **{"attached": 0.17, "first-step": 0.08, "replay": 0.12, "accuracy": 0.18},
}
USUAL = [part for part in PARTS if part not in ("replay", "accuracy")]
# A part that has not ended so long after its share is ended.
GRACE_SECONDS, ENDING_SECONDS = 30.0, 10.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path, nargs="?", help="an archive, as .tar.xz")
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=USUAL, metavar="PART")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--inside", type=float, metavar="SECONDS", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside is not None:
        inside(options)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "gpu.txt").open("w") as report:
        outside(options, Both(sys.stdout, report))
    print(f"\nall of it is in {options.out}/gpu.json and gpu.txt")


class Both(NamedTuple):
    """The terminal and the report, which get the same lines."""

    terminal: TextIO
    report: TextIO

    def say(self, line: str) -> None:
        for file in self:
            print(line.rstrip("\n"), file=file, flush=True)


def outside(options: argparse.Namespace, both: Both) -> None:
    """Run each part in a process of its own: an error of CUDA leaves a process unusable."""
    began, found = time.monotonic(), dict[str, Any]()
    for part, deadline in deadlines(options.only, began, options.minutes * 60):
        both.say(f"\n{part}")
        found[part] = outcome(options, part, deadline, both)
        (options.out / "gpu.json").write_text(json.dumps(found, indent=2))


def outcome(options: argparse.Namespace, part: str, deadline: float, both: Both) -> dict[str, Any]:
    """The results of a part, with its seconds; or why it has none."""
    result, began = options.out / f"gpu-{part}.json", time.monotonic()
    result.unlink(missing_ok=True)
    left = max(deadline - began, 0.0)
    images = [str(options.images.resolve())] if options.images else []
    quick = ["--quick"] if options.quick else []
    given = ["--out", str(options.out.resolve()), "--device", options.device, *quick]
    command = [sys.executable, "-u", "-m", "benchmarks.gpu", *images, *given]
    code = run([*command, "--inside", str(left), "--only", part], left + GRACE_SECONDS, both)
    found = {"took": round(time.monotonic() - began, 1)}
    if not result.exists():
        both.say(f"{part} FAILED: exit code {code}")
        return {**found, "failed": f"exit code {code}"}
    said = json.loads(result.read_text())
    result.unlink()
    return {**found, **said}


def run(command: Sequence[str], seconds: float, both: Both) -> int:
    """Show what a process prints, and end it after so many seconds; returns its exit code."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | ONE_WORKSPACE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        ends = ((seconds, process.terminate), (seconds + ENDING_SECONDS, process.kill))
        timers = [threading.Timer(*end) for end in ends]
        for timer in timers:
            timer.start()
        for line in process.stdout:
            both.say(line)
        code = process.wait()
        for timer in timers:
            timer.cancel()
    return code


def inside(options: argparse.Namespace) -> None:
    """Run one part in this process, and write its results."""
    # So that what is open is closed: engines and dashboards end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("it took too long"))
    (part,) = options.only
    deadline = time.monotonic() + options.inside
    device = devices.choose(options.device)
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.images, device, options.quick)
        found = {"machine": machine(device), "quick": bench.quick, **part_of(bench, part, deadline)}
    (options.out / f"gpu-{part}.json").write_text(json.dumps(found))


def deadlines(only: Sequence[str], began: float, seconds: float) -> Iterator[tuple[str, float]]:
    """The parts to measure, each with its deadline."""
    shares = {part: share for part, share in PARTS.items() if part in only}
    ends = itertools.accumulate(shares.values())
    for part, end in zip(shares, ends, strict=True):
        yield part, began + seconds * end / sum(shares.values())


def part_of(bench: Bench, part: str, deadline: float) -> dict[str, Any]:
    match part:
        case "correct":
            return {arch: correct(bench, arch) for arch in CHECKED}
        case "deterministic":
            return determinism(bench, deadline)
        case "compile":
            return each_in_time(partial(compilation, bench), COMPILED, deadline)
        case "several":
            return each_in_time(partial(gpu_loops.several, bench), SPEEDS[:1], deadline)
        case "attached":
            return speeds(bench, deadline)
        case "first-step":
            return first_step(bench, deadline)
        case "replay":
            return each_in_time(partial(gpu_loops.replay, bench), REPLAYED, deadline)
        case _:
            return accuracy(bench, deadline)


def determinism(bench: Bench, deadline: float) -> dict[str, Any]:
    """Equal runs with deterministic kernels and without, and the speed of both."""
    cases = QUICK_SPEEDS if bench.quick else SPEEDS
    speed = partial(gpu_loops.deterministic, bench)
    return {
        "equal, on": all_equal(bench, "on", EQUAL[:1] if bench.quick else EQUAL, deadline),
        "speed": each_in_time(speed, cases, deadline),
        "equal, off": all_equal(bench, "off", () if bench.quick else EQUAL[::2], deadline),
    }


def all_equal(bench: Bench, asked: str, cases: Sequence[Case], deadline: float) -> dict[str, Any]:
    """The results of all cases, whose engines train at once: the bits depend on no time."""
    found: dict[str, Any] = {}
    runs = partial(equal_runs, bench, asked, deadline)
    with ThreadPoolExecutor() as pool:
        for each in pool.map(lambda case: each_in_time(runs, [case], deadline), cases):
            found |= each
    return found


def machine(device: torch.device) -> dict[str, str]:
    return {
        "device": devices.name(device).partition(" ")[2],
        "torch": str(torch.__version__),
        "cuda": str(torch.version.cuda),
    }


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


# Correctness


def correct(bench: Bench, arch: str) -> dict[str, Any]:
    """Compare the losses of some steps in float32 with those of the CPU."""
    torch.backends.cudnn.allow_tf32 = False
    cpu = losses(arch, torch.device("cpu"), "eager")
    found: dict[str, Any] = {"losses on the CPU": cpu}
    for way in WAYS if bench.device.type == "cuda" else CPU_WAYS:
        try:
            here = losses(arch, bench.device, way)
        except Exception as error:  # noqa: BLE001 (a compiler may raise anything; measure the rest)
            found[way] = text.error_summary(error)
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


# Speed


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


# Time to an accuracy


def accuracy(bench: Bench, deadline: float) -> dict[str, Any]:
    """The times of all goals."""
    if bench.images is None:
        print("not run: needs an archive of images")
        return {"not run": "needs an archive of images"}
    most = QUICK_IMAGES if bench.quick else None
    data = unpacked(bench.images, bench.folder / "images", most)
    return {goal.arch: time_to(bench, data, goal, deadline) for goal in GOALS}


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


if __name__ == "__main__":
    main()
