"""Processes that wait until they are told to measure, so that rivals can take turns.

A peer measures whenever it reads a line from its standard input, and answers with the images a
second as a line. It does so once unasked at its start, to warm up.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent

Measure = Callable[[], float]


class Peer:
    """One such process, warm once it is made."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def __call__(self) -> float:
        """Images a second, measured now."""
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Not by closing its input, of which processes forked since then hold copies.
        self._process.terminate()
        self._process.wait()


def serve(measure: Measure) -> None:
    """Be a peer: measure now, and after each line."""
    print(measure(), flush=True)
    for _ in sys.stdin:
        print(measure(), flush=True)


def keras_python(given: str | None) -> str | None:
    """A Python that has TensorFlow: the one given, or this one; None where it has none."""
    if given is not None:
        return given
    return sys.executable if importlib.util.find_spec("tensorflow") else None


def take_turns(ways: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Measure each way once a round, each round beginning with another one."""
    names = list(ways)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(ways[name]())
            print(f"round {turn + 1}  {name:<32} {found[name][-1]:9.0f} images/s", flush=True)
    return found


def report(found: Mapping[str, Sequence[float]], ratios: Sequence[tuple[str, str]]) -> None:
    """Medians, and for each pair of names the ratio of the rounds: median, least and greatest."""
    print("\nmedians")
    for name, speeds in found.items():
        print(f"  {name:<32} {statistics.median(speeds):9.0f} images/s")
    print("ratios")
    for over, under in ratios:
        each = sorted(a / b for a, b in zip(found[over], found[under], strict=True))
        middle = statistics.median(each)
        print(f"  {over} : {under}  {middle:.2f}   ({each[0]:.2f} to {each[-1]:.2f})")
