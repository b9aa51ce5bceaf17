"""What it costs to follow the log of another program that grows by 100 points a second.

    python -m benchmarks.follow_log [--seconds 30] [--rounds 3] [--size 120x40] [--points 100000]

A process writes 20 numbers five times a second, as TensorBoard's event file or as CSV, below the
points of the past; a viewer on a pseudo-terminal follows it. Figures are medians over the rounds.
The CPU time of the viewer is that of all that it does: looking, reading, folding and drawing.
"""

from __future__ import annotations

import argparse
import csv
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.terminal import VIEWER, Viewer
from tests.event_logs import values

MOST_SHARE = 0.02
ROWS_PER_SECOND = 5
NAMES = ("train/loss", "train/acc", "lr", *(f"norm/{i}" for i in range(17)))
WARM_UP_SECONDS = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--write", nargs=2, metavar=("KIND", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        kind, file = options.write
        grow(Path(file), KINDS[kind], options.points // len(NAMES))
        return
    for kind in KINDS:
        measured = [measure(kind, options) for _ in range(options.rounds)]
        share, size = (statistics.median(found) for found in zip(*measured, strict=True))
        word = "kept" if share <= MOST_SHARE else "MISSED"
        written = f"{100 * share:.2f} % of a core, {size / 1024:.1f} KiB/s to the terminal"
        print(f"{kind:<20} {written}   {word} (≤ {100 * MOST_SHARE:.0f} %)", flush=True)


def measure(kind: str, options: argparse.Namespace) -> tuple[float, float]:
    """The share of a core that the viewer takes, and its bytes a second to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILES[kind]
        me = [sys.executable, "-m", "benchmarks.follow_log", "--points", str(options.points)]
        with subprocess.Popen([*me, "--write", kind, str(file)]) as writer:
            try:
                return _followed(file, options)
            finally:
                writer.kill()


def _followed(file: Path, options: argparse.Namespace) -> tuple[float, float]:
    while not file.exists():
        time.sleep(0.1)
    viewer = Viewer(options.size, VIEWER, "attach", str(file))
    try:
        viewer.until(b"Loss")
        viewer.pump(WARM_UP_SECONDS)
        before, count = sum(viewer.process().cpu_times()[:2]), viewer.bytes
        viewer.pump(options.seconds)
        spent = sum(viewer.process().cpu_times()[:2]) - before
        return spent / options.seconds, (viewer.bytes - count) / options.seconds
    finally:
        viewer.end()


# The writer


def event_records(step: int, numbers: Mapping[str, float]) -> bytes:
    """A record for each number, as `SummaryWriter.add_scalar` writes them."""
    now = time.time()
    return b"".join(values(step, {name: value}, now) for name, value in numbers.items())


def csv_row(step: int, numbers: Mapping[str, float]) -> bytes:
    """A row, the first with the names of the columns."""
    text = io.StringIO()
    table = csv.writer(text)
    if step == 1:
        table.writerow(["step", *numbers])
    table.writerow([step, *numbers.values()])
    return text.getvalue().encode()


def grow(file: Path, written: Callable[[int, Mapping[str, float]], bytes], past: int) -> None:
    """Write `past` rows, and then five rows a second for ever."""
    unfinished = file.with_name("unfinished")
    unfinished.write_bytes(b"".join(written(step, numbers(step)) for step in range(1, past + 1)))
    unfinished.rename(file)
    step, due = past, time.monotonic()
    with file.open("ab", buffering=0) as log:
        while True:
            step, due = step + 1, due + 1 / ROWS_PER_SECOND
            log.write(written(step, numbers(step)))
            time.sleep(max(0.0, due - time.monotonic()))


def numbers(step: int) -> dict[str, float]:
    """Plausible numbers, of which no two are alike."""
    noise = step * 0.618 % 1
    return {name: (1 + i + noise) / (20 + step / 500) for i, name in enumerate(NAMES)}


KINDS = {"event file": event_records, "CSV": csv_row}
FILES = {"event file": "events.out.tfevents.1700000000.host.1.0", "CSV": "metrics.csv"}

if __name__ == "__main__":
    main()
