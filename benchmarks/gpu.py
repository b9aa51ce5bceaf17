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
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import torch

from benchmarks import gpu_loops
from benchmarks.gpu_accuracy import accuracy
from benchmarks.gpu_attached import speeds
from benchmarks.gpu_equal_runs import equal_runs
from benchmarks.gpu_first_step import first_step
from benchmarks.gpu_kernels import compilation
from benchmarks.gpu_loops import QUICK_SPEEDS, SPEEDS, Bench, Case, each_in_time
from benchmarks.gpu_losses import CHECKED, correct
from benchmarks.peer import ROOT
from engine.devices import device as devices
from engine.start.engine_environment import ONE_WORKSPACE

REPLAYED = (*SPEEDS, Case("speednet", 1024))
COMPILED = tuple(Case(arch, n) for n in (128, 512) for arch in ("resnet18", "article-resnet"))
# The batches fit the 1,437 images of the digits.
EQUAL = tuple(Case(arch, 64) for arch in ("lenet5", "article-resnet", "resnet18", "speednet"))
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


if __name__ == "__main__":
    main()
