"""Bytes that `attach` sends to a terminal: at first, and later at the full speed of a small run.

    python -m benchmarks.first_paint [--rounds 6] [--old PYTHON] [--journal JOURNAL]

LeNet-5 trains on the digits, some epochs a second. The viewers that are compared attach to it at
the same moment, each on a pseudo-terminal of 120×40: this one, and that of `--old`, the Python of
another checkout. Each row is the median over the rounds, with the 95 % interval of the ratios.

A busy machine trains too slowly: `--journal` plays back the journal of such a run at its own pace.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.peer import ROOT, upper_judged
from engine.run import run_creation

# The run is this old when the viewers attach.
AGE_SECONDS = 20.0
FIRST_SECONDS, STEADY_SECONDS = 8.0, 30.0
FEW, SLOW = 0.3, 0.6
MAIN = "from tui.cli.command_line import main; main()"
CURSOR_WHERE, CURSOR_HERE = b"\x1b[6n", b"\x1b[1;2R"
TIME = re.compile(rb'"time":([\d.]+)')


class Cost(NamedTuple):
    """The bytes of the first seconds; after them, the bytes and the processor's share a second."""

    first: float
    rate: float
    share: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--old", metavar="PYTHON")
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--plain", action="store_true", help="a terminal of 256 colours")
    options = parser.parse_args()
    pythons = {"new": sys.executable} | ({"old": options.old} if options.old else {})
    found: dict[str, list[Cost]] = {name: [] for name in pythons}
    for turn in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, cost in round_of(pythons, Path(folder), options).items():
                found[name].append(cost)
                print(f"round {turn + 1}  {name:<4} {said(cost)}", flush=True)
    report(found)


def round_of(
    pythons: Mapping[str, str], folder: Path, options: argparse.Namespace
) -> dict[str, Cost]:
    """Let all viewers watch one run from the same moment on."""
    with contextlib.ExitStack() as ends:
        live = played(options.journal, folder) if options.journal else trained(folder)
        run = ends.enter_context(live)
        viewers = {
            name: ends.enter_context(Viewer(python, run, options.plain))
            for name, python in pythons.items()
        }
        watch([*viewers.values()], FIRST_SECONDS)
        first = {name: viewer.bytes for name, viewer in viewers.items()}
        spent = {name: viewer.spent() for name, viewer in viewers.items()}
        watch([*viewers.values()], STEADY_SECONDS)
        return {
            name: Cost(
                first[name],
                (viewer.bytes - first[name]) / STEADY_SECONDS,
                (viewer.spent() - spent[name]) / STEADY_SECONDS,
            )
            for name, viewer in viewers.items()
        }


# The run


@contextlib.contextmanager
def trained(folder: Path) -> Iterator[Path]:
    """A run of an engine that has trained for some seconds."""
    command = [sys.executable, "-c", MAIN, "--arch", "lenet5", "--data", "digits", "--no-ui"]
    command += ["--epochs", "2000", "--device", "cpu", "--runs-dir", str(folder)]
    engine = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    try:
        next(line for line in engine.stdout if line.startswith("epoch"))
        threading.Thread(target=engine.stdout.read, daemon=True).start()
        time.sleep(AGE_SECONDS)
        yield folder / "1-lenet5-digits"
    finally:
        engine.kill()
        engine.wait()


@contextlib.contextmanager
def played(journal: Path, folder: Path) -> Iterator[Path]:
    """The run of this journal, beginning some seconds after its start and going on at its pace."""
    run, _lock = run_creation.create(folder, "lenet5-digits", "")
    lines = journal.read_bytes().splitlines(keepends=True)
    times = [float(found[1]) for line in lines if (found := TIME.search(line))]
    shift = time.time() - times[0] - AGE_SECONDS
    over = threading.Event()
    with open(run.journal, "ab", buffering=0) as file:
        known = sum(at + shift <= time.time() for at in times)
        stamped = [
            TIME.sub(b'"time":%.3f' % (at + shift), line)
            for at, line in zip(times, lines, strict=True)
        ]
        file.write(b"".join(stamped[:known]))

        def go_on() -> None:
            for at, line in zip(times[known:], stamped[known:], strict=True):
                if over.wait(max(0.0, at + shift - time.time())):
                    return
                file.write(line)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield run.path
        finally:
            over.set()
            thread.join()


# The viewers


class Viewer:
    """`attach` of a checkout on a pseudo-terminal; counts the bytes that it writes."""

    def __init__(self, python: str, run: Path, plain: bool) -> None:
        self.bytes = 0
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.environ.pop("COLORTERM", None)
            if not plain:
                os.environ["COLORTERM"] = "truecolor"
            os.chdir(run)  # a checkout of its own is found by its Python
            os.execv(python, [python, "-c", MAIN, "attach", str(run)])
        size = struct.pack("HHHH", 40, 120, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def read(self) -> None:
        data = os.read(self.master, 65536)
        self.bytes += len(data)
        if CURSOR_WHERE in data:
            os.write(self.master, CURSOR_HERE)

    def spent(self) -> float:
        """The processor time so far."""
        return sum(psutil.Process(self.pid).cpu_times()[:2])

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def watch(viewers: Sequence[Viewer], seconds: float) -> None:
    """Read what the viewers write for so long."""
    by_master = {viewer.master: viewer for viewer in viewers}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for master in select.select([*by_master], [], [], left)[0]:
            by_master[master].read()


# The report


def said(cost: Cost) -> str:
    return (
        f"first {FIRST_SECONDS:.0f} s {cost.first:6.0f} bytes   then {cost.rate:6.0f} bytes/s   "
        f"{100 * cost.share:5.2f} % of a core"
    )


def report(found: Mapping[str, Sequence[Cost]]) -> None:
    print("\nmedians")
    for name, costs in found.items():
        middle = Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        print(f"  {name:<4} {said(middle)}")
    if "old" not in found:
        return
    print("new : old, with the 95 % interval of the median")
    measures: dict[str, tuple[Callable[[Cost], float], float | None]] = {
        "bytes of the first seconds": (lambda cost: cost.first, FEW),
        "bytes a second at full speed": (lambda cost: cost.rate, SLOW),
        "processor time at full speed": (lambda cost: cost.share, None),
    }
    for name, (measure, most) in measures.items():
        ratios = [
            measure(new) / measure(old) for new, old in zip(found["new"], found["old"], strict=True)
        ]
        print(f"  {name:<30} {upper_judged(ratios, most)}", flush=True)


if __name__ == "__main__":
    main()
