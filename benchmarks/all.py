"""Checks every budget in one go, with small settings: which are kept, and which are missed.

    python -m benchmarks.all [--only NAME …] [--keras-python PATH] [--lightning-python PATH]

The benchmarks run one after the other, each for some minutes, and print their results and their
time. At the end there is a line for each budget, and the time of all. The exit code is 1 where a
budget is missed or a benchmark fails. A budget that is not resolved needs an idle machine, or more
rounds of its benchmark alone. For the budgets of a GPU see benchmarks/gpu.py.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from benchmarks.peer import ROOT, python_with
from engine import numbers


class Bound(NamedTuple):
    """An upper bound for a figure that a benchmark prints without a verdict."""

    what: str
    pattern: str
    most: float


class Verdict(NamedTuple):
    """The result for a budget: `word` is kept, MISSED or not resolved."""

    word: str
    what: str


# For the output of benchmarks/terminal.py.
TERMINAL = (
    Bound("bytes to a terminal, KiB/s", r"^all panes +([\d.]+) KiB/s", 2.0),
    Bound("CPU time of the viewer, % of a core", r"^all panes .* ([\d.]+) % of a core", 2.0),
    Bound("bytes of a paused run", r"^paused +(\d+) bytes", 0),
    Bound("first frame : that of an empty app", r"^first frame .* ratio ([\d.]+)", 1.3),
    Bound("--help, s", r"^--help +([\d.]+) s", 0.15),
    Bound("key to the answer on screen, 99 %, ms", r"^key to cell .* 99 % (\d+) ms", 50),
    Bound("state of a million lines on screen, s", r"^attach +status ([\d.]+) s", 0.5),
    Bound("a million lines folded, s", r"^attach .* folded ([\d.]+) s", 3.0),
    Bound("memory of the viewer, MiB", r"^memory .* (\d+) after", 100),
)
# For the output of benchmarks/first_paint.py.
FIRST_PAINT = (
    Bound("bytes of the first 8 s of attach", r"^  new +first 8 s +(\d+) bytes", 24_000),
    Bound("bytes/s at full speed", r"^  new .* then +(\d+) bytes/s", 1000),
)
# The verdicts of benchmarks/peer.py.
JUDGED = re.compile(r"^ *(?P<what>\S.*?) +(?P<word>kept|MISSED|not resolved) (?P<bound>\(.*\))$")


class Benchmark(NamedTuple):
    name: str
    arguments: tuple[str, ...]
    bounds: tuple[Bound, ...] = ()

    def run(self) -> list[Verdict]:
        """Run it, show its output, and return its verdicts; a failure counts as a missed budget."""
        command = [sys.executable, "-u", "-m", f"benchmarks.{self.name}", *self.arguments]
        print(f"\n{' '.join(command[2:])}", flush=True)
        began = time.monotonic()
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = list(shown(process.stdout))
        verdicts = [*judged(lines, self.bounds)]
        print(f"  took {numbers.duration(time.monotonic() - began)}", flush=True)
        if process.returncode:
            verdicts.append(Verdict("MISSED", f"{self.name} failed with {process.returncode}"))
        return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME")
    parser.add_argument("--keras-python", help="a Python that has TensorFlow")
    parser.add_argument("--lightning-python", help="a Python that has Lightning and this project's")
    options = parser.parse_args()
    verdicts: list[Verdict] = []
    began = time.monotonic()
    for benchmark in benchmarks(options.keras_python, options.lightning_python):
        if options.only is None or benchmark.name in options.only:
            verdicts += benchmark.run()
    print()
    for verdict in verdicts:
        print(f"{verdict.word:<14} {verdict.what}")
    print(f"took {numbers.duration(time.monotonic() - began)}")
    return 1 if any(verdict.word == "MISSED" for verdict in verdicts) else 0


def benchmarks(keras_python: str | None, lightning_python: str | None) -> Iterator[Benchmark]:
    """The benchmarks that can run here, each in some minutes."""
    lightning = ("--lightning-python", lightning_python) if lightning_python else ()
    yield Benchmark("overhead", ("--rounds", "9", "--slice", "2", *lightning))
    yield Benchmark("watch", ("--rounds", "9"))
    yield Benchmark("start", ("--rounds", "9"))
    yield Benchmark("many_classes", ("--arch", "resnet20", "resnet18"))
    yield Benchmark("sightings", ("--pairs", "100"))
    digits = ("--data", "digits", "--batch", "64")
    yield Benchmark("overhead", (*digits, "--rounds", "9", "--slice", "3"))
    keras = python_with("tensorflow", keras_python)
    named = ("--keras-python", keras) if keras else ()
    if keras:
        yield Benchmark("keras_article", ("--rounds", "6", "--threads", "1", *named))
    yield Benchmark("augmentation", ("--rounds", "6", "--threads", "1", *named))
    yield Benchmark("streaming", ("--rounds", "6", "--epochs", "1", "--workers", "1"))
    few = ("--photographs", "300", "--images", "10000")
    yield Benchmark("photos", ("--rounds", "6", "--workers", "1", *few))
    yield Benchmark("launcher_start", ("--rounds", "6"))
    yield Benchmark("queue", ("--runs", "7"))
    short = ("--seconds", "30", "--warm-up", "15", "--rounds", "1")
    measures = ("--only", "steady", "paused", "first", "latency", "memory", "attach")
    yield Benchmark("terminal", (*short, *measures), TERMINAL)
    yield Benchmark("compare", ("--rounds", "3"))
    yield Benchmark("follow_log", ("--seconds", "15", "--rounds", "1"))
    yield Benchmark("first_paint", ("--rounds", "1"), FIRST_PAINT)


def shown(lines: Iterable[str]) -> Iterator[str]:
    """Print each line as it comes, and yield it."""
    for line in lines:
        print(f"  {line}", end="", flush=True)
        yield line.rstrip()


def judged(lines: Sequence[str], bounds: Sequence[Bound]) -> Iterator[Verdict]:
    """The verdicts on these lines; a missing figure counts as a missed budget."""
    for line in lines:
        if found := JUDGED.match(line):
            yield Verdict(found["word"], f"{found['what']}   {found['bound']}")
    for what, pattern, most in bounds:
        figures = [found[1] for line in lines if (found := re.search(pattern, line))]
        if not figures:
            yield Verdict("MISSED", f"{what}: no figure")
        for figure in figures:
            word = "kept" if float(figure) <= most else "MISSED"
            yield Verdict(word, f"{what}  {figure}   (≤ {most:g})")


if __name__ == "__main__":
    sys.exit(main())
