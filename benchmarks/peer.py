"""Processes that measure on request, so that several can take turns.

A peer measures whenever it reads a line from its standard input, and answers with a line: the
images per second. It also measures once at its start, to warm up.
"""

from __future__ import annotations

import importlib.util
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent

Measure = Callable[[], float]


class Peer:
    """A peer process, warmed up when it is constructed. Raises RuntimeError where it ends early."""

    def __init__(self, *command: str, env: Mapping[str, str] | None = None) -> None:
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 (as long as the process)
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self._answer()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __call__(self) -> float:
        """Measure now; returns images per second."""
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> float:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            self._complaints.seek(0)
            why = self._complaints.read()[-1000:]
            self._close()
            raise RuntimeError(why)
        return float(answer)

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        # Closing its input would not end it, since processes forked meanwhile hold copies.
        # Lightning obeys a milder signal only after its next step.
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            assert stream is not None
            stream.close()


def serve(measure: Measure) -> None:
    """Be a peer: measure now, and after each line."""
    print(measure(), flush=True)
    for _ in sys.stdin:
        print(measure(), flush=True)


def python_with(module: str, given: str | None) -> str | None:
    """The given Python, or else this one where it has the module; None where neither is there."""
    if given is not None:
        return given
    return sys.executable if importlib.util.find_spec(module) else None


def keras_python(given: str | None) -> str | None:
    """The result of `python_with` for TensorFlow."""
    return python_with("tensorflow", given)


def take_turns(
    ways: Mapping[str, Measure], rounds: int, unit: str = "images/s"
) -> dict[str, list[float]]:
    """Measure each way once per round; each round begins with another way."""
    names = list(ways)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(ways[name]())
            print(f"round {turn + 1}  {name:<32} {found[name][-1]:12.2f} {unit}", flush=True)
    return found


def report(
    found: Mapping[str, Sequence[float]], budgets: Mapping[tuple[str, str], float | None]
) -> None:
    """Print the medians, and for each pair of names the median of the ratios within the rounds.

    A ratio comes with the 95 % interval of its median and a verdict. The budget is kept if the
    whole interval is above it, missed if the whole interval is below it, and else not resolved.
    """
    print("\nmedians")
    for name, speeds in found.items():
        print(f"  {name:<32} {statistics.median(speeds):9.0f} images/s")
    print("ratios, with the 95 % interval of the median")
    for (over, under), budget in budgets.items():
        ratios = [a / b for a, b in zip(found[over], found[under], strict=True)]
        line = f"  {over} : {under}  {middle(ratios)}"
        judged = "" if budget is None else f"   {verdict(*interval(ratios), budget)}"
        print(f"{line}{judged}", flush=True)


def middle(values: Sequence[float], digits: int = 3) -> str:
    """The median of the values, and its 95 % interval."""
    low, high = interval(values)
    return f"{statistics.median(values):.{digits}f}   ({low:.{digits}f} to {high:.{digits}f})"


def upper_judged(values: Sequence[float], most: float | None, digits: int = 3) -> str:
    """As `middle`, and whether that keeps an upper bound if there is one."""
    found = middle(values, digits)
    return found if most is None else f"{found}   {upper_verdict(*interval(values), most)}"


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the median by order statistics, which assumes no distribution.

    The interval is from the k-th smallest to the k-th largest value. k is the largest number for
    which a fair coin shows fewer than k heads in n throws with a probability of at most 2.5 %.
    Below six values there is no such k: then the interval is from the smallest to the largest.
    """
    ordered, n = sorted(values), len(values)
    below, k = 0.0, 0
    while (below := below + math.comb(n, k) / 2**n) <= 0.025:
        k += 1
    k = max(1, k)
    return ordered[k - 1], ordered[n - k]


def verdict(low: float, high: float, budget: float) -> str:
    """Whether an interval keeps a lower bound."""
    if low >= budget:
        return f"kept (≥ {budget})"
    return f"MISSED (≥ {budget})" if high < budget else f"not resolved (≥ {budget})"


def upper_verdict(low: float, high: float, most: float) -> str:
    """Whether an interval keeps an upper bound."""
    if high <= most:
        return f"kept (≤ {most})"
    return f"MISSED (≤ {most})" if low > most else f"not resolved (≤ {most})"
