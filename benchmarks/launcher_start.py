"""How long Enter in the launcher takes: until the first training step is on the screen.

    python -m benchmarks.launcher_start [--rounds 7] [--wait 5] [--size 120x40] [--old PYTHON]

The launcher runs on a pseudo-terminal and starts the run that it offers: a LeNet-5 on the digits.
"waited" presses Enter when the launcher has been open for `--wait` seconds, "at once" as soon as it
is drawn. They take turns with `cnn-tui --no-ui`, which is timed from its start to its first line
about a step, and with another checkout of this project where `--old` names a Python that has it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

from benchmarks.peer import Measure, take_turns, upper_judged
from benchmarks.start import OURS, PROGRAM
from engine.run import lock_owner, run_liveness, run_search

# What a launcher shows once it is drawn, and a dashboard once it knows a step.
DRAWN, TRAINS = "new run lenet5-digits", "img/s"
STEP = b'"type":"Steps"'
# A dashboard shows a step in less time after its journal has it.
DRAWING_SECONDS = 1.0
MOST_SECONDS = 1.0
TIMEOUT, POLL_SECONDS = 120.0, 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--wait", type=float, default=5.0, help="seconds")
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--old", metavar="PYTHON", help="a Python with another checkout")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # a checkout in the working directory would hide the one of a Python
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = f"{folder}/{name}"
        # Users start the program from its bytecode, so let Python write it.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        ways = starts(options)
        for way in ways.values():
            way()
        found = take_turns(ways, options.rounds, "s")
        os.chdir("/")
    report(found)


def starts(options: argparse.Namespace) -> dict[str, Measure]:
    """The ways to start, each as a function that starts once and gives the seconds."""

    def launcher(python: str, wait: float) -> Measure:
        return lambda: from_enter(python, wait, options.size)

    ways = {
        "waited": launcher(sys.executable, options.wait),
        "at once": launcher(sys.executable, 0.0),
        "--no-ui": lambda: until_line(sys.executable),
    }
    if options.old:
        ways["old, waited"] = launcher(options.old, options.wait)
    return ways


# One start


def from_enter(python: str, wait: float, size: str) -> float:
    """Seconds from Enter in the launcher to the first step on the screen."""
    with own_runs() as runs, Launcher(python, size, "--runs-dir", str(runs)) as launcher:
        launcher.until(DRAWN)
        launcher.pump_for(wait)
        began = time.monotonic()
        os.write(launcher.master, b"\r")
        return launcher.shown_at(TRAINS, lambda: has_step(runs)) - began


def has_step(runs: Path) -> bool:
    """Whether a journal has a step."""
    return any(STEP in journal.read_bytes() for journal in runs.glob("*/journal.jsonl"))


def until_line(python: str) -> float:
    """Seconds from the start of a headless run to its first line about a step."""
    with own_runs() as runs:
        began = time.monotonic()
        command = [python, "-c", PROGRAM, "--no-ui", "--arch", "lenet5", "--data", "digits"]
        with subprocess.Popen(
            [*command, "--runs-dir", str(runs)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            assert any(OURS in line for line in process.stdout), "it has said nothing of a step"
            seconds = time.monotonic() - began
            process.kill()
        return seconds


@contextlib.contextmanager
def own_runs() -> Iterator[Path]:
    """A folder for runs, whose engines end with the body."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        try:
            yield runs
        finally:
            for run in run_search.list_runs(runs):
                owner = lock_owner.read_owner(run)
                if owner is not None and owner.pid and run_liveness.is_live(run):
                    os.kill(owner.pid, signal.SIGKILL)
                while run_liveness.is_live(run):
                    time.sleep(0.01)


class Launcher:
    """A launcher on a pseudo-terminal, and a terminal emulator that keeps its screen."""

    def __init__(self, python: str, size: str, *arguments: str) -> None:
        columns, rows = map(int, size.split("x"))
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._pid, self.master = pty.fork()
        if self._pid == 0:
            variables = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execve(python, [python, "-c", PROGRAM, *arguments], variables)
        window = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, window)
        self._screen.write_process_input = self._answer  # type: ignore[method-assign]

    def _answer(self, data: str) -> None:
        """Answer the program's question where the cursor is."""
        os.write(self.master, data.encode())

    def pump_for(self, seconds: float) -> None:
        """Show what the program writes within this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pump(left)

    def until(self, words: str) -> None:
        """Show what the program writes until these words are on the screen."""
        end = time.monotonic() + TIMEOUT
        while not self._shows(words):
            assert time.monotonic() < end, f"{words!r} never came"
            self._pump(1.0)

    def shown_at(self, words: str, ready: Callable[[], bool]) -> float:
        """The time when the program wrote these words, which is soon after `ready`.

        What it writes is shown only then: the emulator takes more CPU time than the program.
        """
        written: list[tuple[float, bytes]] = []
        end = time.monotonic() + TIMEOUT
        while (now := time.monotonic()) < end:
            if select.select([self.master], [], [], POLL_SECONDS)[0]:
                written.append((time.monotonic(), os.read(self.master, 65536)))
            if ready():
                end = min(end, now + DRAWING_SECONDS)
        for moment, piece in written:
            self._stream.feed(piece)
            if self._shows(words):
                return moment
        raise AssertionError(f"{words!r} never came")

    def _shows(self, words: str) -> bool:
        return words in "\n".join(self._screen.display)

    def _pump(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            self._stream.feed(os.read(self.master, 65536))

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self.master)


# The results


def report(found: Mapping[str, Sequence[float]]) -> None:
    print("\nmedians, with their 95 % interval")
    for name, seconds in found.items():
        print(line(name, seconds, MOST_SECONDS if name == "waited" else None))
    print("ratios, with the 95 % interval of the median")
    for over, under, most in (("at once", "--no-ui", 1.0), ("waited", "old, waited", None)):
        if under in found:
            pairs = zip(found[over], found[under], strict=True)
            print(line(f"{over} : {under}", [a / b for a, b in pairs], most))


def line(name: str, values: Sequence[float], most: float | None) -> str:
    """The median of the values, its interval, and whether that keeps an upper bound."""
    return f"  {name:<24} {upper_judged(values, most)}"


if __name__ == "__main__":
    main()
