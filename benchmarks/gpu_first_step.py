"""From the start of a process to its first training step on a device, against a bare script.

For the part `first-step` of benchmarks/gpu.py: LeNet-5 on the digits, in turns.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from benchmarks.gpu_loops import Bench
from benchmarks.peer import ROOT
from benchmarks.start import BARE, DIGITS, OURS, PROGRAM, measure

VARIABLES = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
BUDGET = 0.75
ROUNDS, QUICK_ROUNDS = 6, 1


def first_step(bench: Bench, deadline: float) -> dict[str, Any]:
    """Seconds to the first step, of both; the first round only writes what later ones find."""
    device = str(bench.device)
    given = ["--arch", "lenet5", "--data", "digits", "--device", device]
    ours = [sys.executable, "-c", PROGRAM, "--no-ui", *given, "--runs-dir", "runs"]
    bare = [sys.executable, str(ROOT / "benchmarks/bare_script.py"), str(DIGITS), device]
    ways = {"ours": (ours, OURS), "bare script": (bare, BARE)}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(-1, QUICK_ROUNDS if bench.quick else ROUNDS):
        if turn > 0 and time.monotonic() >= deadline:
            break
        for name, (command, mark) in ways.items():
            seconds = measure(command, mark, VARIABLES, bench.folder).wall
            if turn >= 0:
                found[name].append(seconds)
    ratios = [a / b for a, b in zip(found["ours"], found["bare script"], strict=True)]
    ratio = statistics.median(ratios)
    for name, values in found.items():
        print(f"first step  {name:<12} {statistics.median(values):6.2f} s", flush=True)
    print(f"first step  ours : bare script  {ratio:.3f}   (budget ≤ {BUDGET})", flush=True)
    return {"seconds": found, "ours : bare script": ratios}
