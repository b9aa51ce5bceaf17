"""How long a start takes, and how much memory: from the process to its first training step.

    python -m benchmarks.start [--rounds 15] [--arch lenet5] [--data digits] [--old PYTHON]

`cnn-tui --no-ui` takes turns with a bare PyTorch script (LeNet-5 on the digits), and with another
checkout of this project where `--old` names a Python that has it. "cold" has no choices from an
earlier run, "kept" has them. Each process ends after its first report: the wall-clock time until
then, the CPU time and the peak of the memory are compared within the rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peer import ROOT, upper_judged

PROGRAM = "from tui.cli.command_line import main; main()"
DIGITS = ROOT / "engine/data/sets/digits.csv.gz"
# What a process prints first after a training step; the bare script is timed to its second one.
OURS, BARE = b"  step ", b"step 2 "


class Start(NamedTuple):
    """What a start cost: seconds by the clock, seconds of the CPU, bytes of memory at the most."""

    wall: float
    cpu: float
    memory: float


class Budget(NamedTuple):
    over: str
    under: str
    field: str
    most: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--arch", default="lenet5")
    parser.add_argument("--data", default="digits", help="a data set, or a folder of images")
    parser.add_argument("--data-dir", default="")
    parser.add_argument("--old", metavar="PYTHON", help="a Python with another checkout")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways = starts(options, Path(folder))
        found: dict[str, list[Start]] = {name: [] for name in ways}
        for way in ways.values():
            way()  # writes the bytecode
        for turn in range(options.rounds):
            for name in [*ways][turn % len(ways) :] + [*ways][: turn % len(ways)]:
                found[name].append(ways[name]())
    report(found, budgets(found))


def starts(options: argparse.Namespace, folder: Path) -> dict[str, Callable[[], Start]]:
    """The ways to start, each as a function that starts once and measures."""
    data = str(Path(options.data).resolve()) if os.sep in options.data else options.data
    given = ["--arch", options.arch, "--data", data, "--runs-dir", str(folder / "runs")]
    given += ["--data-dir", options.data_dir] if options.data_dir else []

    def program(python: str, kept: bool) -> Callable[[], Start]:
        command = [python, "-c", PROGRAM, "--no-ui", *given]

        def start() -> Start:
            with tempfile.TemporaryDirectory() as empty:
                cache = str(folder / "cache") if kept else empty
                variables = {"XDG_CACHE_HOME": cache, "XDG_STATE_HOME": str(folder / "state")}
                return measure(command, OURS, variables, folder)

        return start

    ways = {
        "cold": program(sys.executable, kept=False),
        "kept": program(sys.executable, kept=True),
    }
    if (options.arch, options.data) == ("lenet5", "digits"):
        bare = [sys.executable, str(ROOT / "benchmarks/bare_script.py"), str(DIGITS)]
        ways["bare script"] = lambda: measure(bare, BARE, {}, folder)
    if options.old:
        ways["old, cold"] = program(options.old, kept=False)
    return ways


def measure(command: list[str], mark: bytes, variables: Mapping[str, str], folder: Path) -> Start:
    """Start a process in this folder, end it once it has printed the mark."""
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if mark in line:
                break
        else:
            raise RuntimeError(b"".join(said).decode())
        wall = time.monotonic() - began
        peak = Path(f"/proc/{process.pid}/status").read_text().partition("VmHWM:")[2].split()[0]
        process.kill()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return Start(wall, usage.ru_utime + usage.ru_stime, int(peak) * 1024)


def budgets(found: Mapping[str, Sequence[Start]]) -> list[Budget]:
    """The pairs to compare, by the field that counts; those that were not measured are left out."""
    wanted = [
        Budget("cold", "bare script", "wall", 0.75),
        Budget("kept", "bare script", "wall", 0.75),
        Budget("cold", "bare script", "memory", 0.87),
        Budget("cold", "old, cold", "wall", None if "bare script" in found else 0.75),
        Budget("cold", "old, cold", "memory", None),
    ]
    return [each for each in wanted if each.over in found and each.under in found]


def report(found: Mapping[str, Sequence[Start]], wanted: Sequence[Budget]) -> None:
    for name, starts in found.items():
        wall, cpu, memory = (statistics.median(values) for values in zip(*starts, strict=True))
        print(f"{name:<12} {wall:6.2f} s   CPU {cpu:6.2f} s   {memory / 1e6:5.0f} MB")
    print("ratios, with the 95 % interval of the median")
    for over, under, field, most in wanted:
        pairs = zip(found[over], found[under], strict=True)
        ratios = [getattr(a, field) / getattr(b, field) for a, b in pairs]
        name = f"{over} : {under}, {field}"
        print(f"  {name:<32} {upper_judged(ratios, most)}", flush=True)


if __name__ == "__main__":
    main()
