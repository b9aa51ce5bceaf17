"""An event file of TensorBoard, read and shown: our viewer beside terminalboard.

    python -m benchmarks.event_files [--scalars 1000000] [--rounds 5] [--python PYTHON]

The file has 20 tags, as a classifier's training with a norm per layer writes them, one scalar a
record. The reader alone reads it in a process of its own, into a history: seconds of CPU time to
the first point and to the last one, and the growth of its memory. Then the viewers show it in turns
on a pseudo-terminal of 120×40: ours has its first curves as soon as one is drawn, and all as soon
as the loss is that of the last step. PYTHON has terminalboard 0.5 and plotext below 6; its first
frame shows all that it shows.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peer import upper_judged
from benchmarks.rival_viewer import RIVAL, RIVAL_FRAME, SIZE
from benchmarks.terminal import VIEWER, Viewer
from engine.logs.event_files import EventFileReader
from engine.run.history import History
from tests.event_logs import BEGAN, scalar

OTHERS = ("train/acc", "lr", *(f"layer{number}/gradient_norm" for number in range(17)))
VALIDATION_EVERY = 1_000
# Our viewer reads in slices of about this length.
SLICE_SECONDS = 0.02
# A curve is found on the screen by its dots, and the loss of the last step by its digits. The
# viewer writes what has changed, and may leave the decimal point as it was.
LAST_LOSS = 7.77
FIRST, ALL = rb"(\xe2[\xa0-\xa3][\x80-\xbf]){3}", rb"7(\.|\x1b\[C)77"
LONGEST_SECONDS = 300.0
FIRST_BUDGET, ALL_BUDGET, SHARE_BUDGET = 1.0, 4.0, 0.25


class Cost(NamedTuple):
    """Seconds to the first curves and to all of them; CPU time and bytes of memory by then."""

    first: float
    all: float
    processor: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scalars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", help="one that has terminalboard")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "resnet")
        write_log(log, options.scalars)
        for _ in range(options.rounds):
            command = [sys.executable, "-m", "benchmarks.event_files", "--read", str(log)]
            subprocess.run(command, check=True)
        compare(log, options.rounds, options.python)


def write_log(folder: Path, scalars: int) -> None:
    folder.mkdir()
    with open(folder / "events.out.tfevents.1700000000.host.1.0", "wb") as file:
        for record in records(scalars // (1 + len(OTHERS))):
            file.write(record)


def records(steps: int) -> Iterator[bytes]:
    for step in range(1, steps + 1):
        moment = BEGAN + step / 10
        loss = 2.3 / (1 + step / 500) + step % 7 / 100
        yield scalar("train/loss", step, loss if step < steps else LAST_LOSS, moment)
        for at, tag in enumerate(OTHERS):
            yield scalar(tag, step, 1 / (1 + at + step % 11), moment)
        if step % VALIDATION_EVERY == 0:
            yield scalar("val/loss", step, 2.5 / (1 + step / 500), moment)


def read(log: Path) -> None:
    """Read a log into a history, as the viewer does; print what it costs."""
    memory, began, first = peak(), time.process_time(), 0.0
    reader, history, more = EventFileReader(log), History(), True
    while more:
        news = reader.read(SLICE_SECONDS)
        history = History() if news.anew else history
        history.fold(news.events)
        more = news.more
        if history.steps is not None and not first:
            first = time.process_time() - began
    seconds = time.process_time() - began
    grown = (peak() - memory) / 1e6
    print(
        f"reader alone: first {first:.3f} s  all {seconds:.3f} s of CPU time, {grown:.0f} MB more"
    )


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def compare(log: Path, rounds: int, python: str | None) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(cost(Viewer(SIZE, VIEWER, "attach", str(log)), FIRST, ALL))
        if python is not None:
            rival = Viewer(SIZE, RIVAL, str(log), python=python)
            theirs.append(cost(rival, RIVAL_FRAME, RIVAL_FRAME))
    show("first curves, s", [each.first for each in ours], FIRST_BUDGET)
    show("all curves, s", [each.all for each in ours], ALL_BUDGET)
    summarise("ours", ours)
    if theirs:
        summarise("terminalboard", theirs)
        pairs = [*zip(ours, theirs, strict=True)]
        times = [mine.all / its.first for mine, its in pairs]
        show("all : terminalboard's first frame", times, SHARE_BUDGET)
        processor = [mine.processor / its.processor for mine, its in pairs]
        show("CPU time until then", processor, SHARE_BUDGET)


def summarise(name: str, costs: Sequence[Cost]) -> None:
    first, every, processor, memory = map(statistics.median, zip(*costs, strict=True))
    print(f"  {name}: first {first:.2f} s  all {every:.2f} s", end="  ")
    print(f"CPU {processor:.2f} s  {memory / 1e6:.0f} MB")


def cost(viewer: Viewer, first: bytes, last: bytes) -> Cost:
    seconds = viewer.until(first, LONGEST_SECONDS)
    every = seconds if last == first else viewer.until(last, LONGEST_SECONDS)
    process = viewer.process()
    processor, memory = sum(process.cpu_times()[:2]), process.memory_info().rss
    viewer.end()
    return Cost(seconds, every, processor, memory)


def show(what: str, values: list[float], most: float) -> None:
    print(f"  {what}  {upper_judged(values, most, digits=2)}")


if __name__ == "__main__":
    main()
