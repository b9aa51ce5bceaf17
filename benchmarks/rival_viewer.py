"""The dashboard beside terminalboard, a viewer for TensorBoard logs: first frame, and memory.

    python -m benchmarks.rival_viewer --python PYTHON [--reports 2000 20000] [--rounds 9]

PYTHON has terminalboard 0.5 and plotext below 6. Both show a run with the same number of reports of
loss, accuracy and rate, in turns, on a pseudo-terminal of 120×40. The first frame of the dashboard
has its boxes and the run's name; that of terminalboard its curves. For the dashboard, the time
until the state of the run is on the screen is printed, too.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peer import upper_judged
from benchmarks.terminal import KNOWN, VIEWER, LiveRun, Script, Viewer
from engine.protocol import events

SIZE = "120x40"
# The last line has been written.
FIRST_FRAME = rb"\x1b\[40(;\d+)?[Hd]"
RIVAL, RIVAL_FRAME = "from terminalboard.cli import main; main()", rb"page 1/"
SETTLED_SECONDS = 6.0
BUDGETS = {"frame": 1.0, "memory": 1.3}


class Cost(NamedTuple):
    """Seconds to the first frame and to the state of the run; bytes of memory once it is shown."""

    frame: float
    known: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="one that has terminalboard")
    parser.add_argument("--reports", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    for count in options.reports:
        with tempfile.TemporaryDirectory() as folder:
            compare(count, options.rounds, options.python, Path(folder))


def compare(count: int, rounds: int, python: str, folder: Path) -> None:
    """Measure both on a run with so many reports."""
    reports = [*itertools.islice(steps(), count)]
    live = LiveRun(folder / "runs")
    for report in reports:
        live.journal.append(report)
    write_log(folder / "log", reports)
    found: dict[str, list[Cost]] = {"dashboard": [], "terminalboard": []}
    for _ in range(1 + rounds):
        ours = Viewer(SIZE, VIEWER, "attach", str(live.run.path))
        found["dashboard"].append(cost(ours, FIRST_FRAME, KNOWN))
        theirs = Viewer(SIZE, RIVAL, str(folder / "log"), python=python)
        found["terminalboard"].append(cost(theirs, RIVAL_FRAME, RIVAL_FRAME))
    show(count, {name: costs[1:] for name, costs in found.items()})  # the first writes bytecode


def steps() -> Iterator[events.Steps]:
    return (event for event in Script().events() if isinstance(event, events.Steps))


def cost(viewer: Viewer, frame: bytes, known: bytes) -> Cost:
    first = viewer.until(frame)
    state = first if known == frame else viewer.until(known)
    viewer.pump(SETTLED_SECONDS)
    memory = viewer.process().memory_info().rss
    viewer.end()
    return Cost(first, state, memory)


def show(count: int, found: Mapping[str, Sequence[Cost]]) -> None:
    print(f"{count:,} reports")
    for name, costs in found.items():
        frame, known, memory = map(statistics.median, zip(*costs, strict=True))
        print(f"  {name:<14} first frame {frame:.3f} s  state {known:.3f} s  {memory / 1e6:.0f} MB")
    for field, most in BUDGETS.items():
        pairs = zip(found["dashboard"], found["terminalboard"], strict=True)
        ratios = [getattr(ours, field) / getattr(theirs, field) for ours, theirs in pairs]
        print(f"  {field} : terminalboard's  {upper_judged(ratios, most, digits=2)}", flush=True)


# A log of TensorBoard: records of Event messages, each with masked checksums (TFRecord).


def write_log(folder: Path, reports: Sequence[events.Steps]) -> None:
    folder.mkdir()
    with open(folder / "events.out.tfevents.1700000000.host", "wb") as log:
        for at, report in enumerate(reports):
            scalars = {"loss": report.loss, "accuracy": report.top1, "rate": report.lr}
            log.write(record(message(1.7e9 + at / 2, report.step, scalars)))


def message(time: float, step: int, scalars: Mapping[str, events.MaybeMeasured]) -> bytes:
    """An Event with its time, step and summary of values."""
    values = b"".join(
        field(1, field(1, name.encode()) + b"\x15" + struct.pack("<f", value or 0.0))
        for name, value in scalars.items()
    )
    return b"\x09" + struct.pack("<d", time) + b"\x10" + varint(step) + field(5, values)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """The number in base 128, lowest digit first."""
    written = []
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def record(data: bytes) -> bytes:
    size = struct.pack("<Q", len(data))
    return size + checksum(size) + data + checksum(data)


def checksum(data: bytes) -> bytes:
    """CRC-32C, rotated and shifted, as TensorFlow's record_writer does it."""
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 255] ^ value >> 8
    value ^= 0xFFFFFFFF
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def table() -> list[int]:
    """The checksums of single bytes, by the reversed polynomial of Castagnoli."""
    found = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        found.append(value)
    return found


TABLE = table()


if __name__ == "__main__":
    main()
