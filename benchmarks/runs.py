"""How soon `cnn-tui runs` shows its first screen, with very many runs.

    python -m benchmarks.runs [--runs 10000] [--rounds 9]

Makes a folder of small made-up runs: most are done, some have failed, some have died without a
word, the newest are live. On a pseudo-terminal of 120×40, three ways take turns: `cnn-tui --help`,
`cnn-tui runs` with its index, and without. The first two are timed to the last line of the first
screen, and compared within the rounds. Then it prints how long the whole list takes, sorted and
filtered and as JSON, and how long one look by a screen that stays open.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from benchmarks.peer import take_turns, upper_judged
from benchmarks.start import PROGRAM
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import run_lock, run_notes
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from tests import scripted
from tui.viewer.file_stamps import RACY_NS
from tui.viewer.run_index import RunIndex

COLUMNS, ROWS = 120, 40
BUDGET_SECONDS = 0.3
LIVE = 2
NAMES = (
    ("lenet5", "digits"),
    ("resnet18", "cifar10"),
    ("resnet20", "cifar100"),
    ("vgg11-bn", "svhn"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = f"{folder}/{name}"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        with made_up_runs(Path("runs"), options.runs):
            measure_first_screen(options.rounds)
            measure_whole()
            measure_looks()


@contextlib.contextmanager
def made_up_runs(runs_dir: Path, count: int) -> Iterator[None]:
    """Runs of a few epochs; the locks of the live ones are held in the block."""
    chance = random.Random(0)
    began = time.perf_counter()
    for number in range(1, count + 1):
        make_run(runs_dir, number, chance)
    live = [RunDir(path) for path in sorted(runs_dir.iterdir(), key=number_of)[-LIVE:]]
    locks = [run_lock.acquire(run) for run in live]
    print(f"{count:,} runs made in {time.perf_counter() - began:.1f} s", flush=True)
    time.sleep(2 * RACY_NS / 1e9)  # until then, no stamp proves anything
    try:
        yield
    finally:
        for lock in locks:
            os.close(lock)


def number_of(path: Path) -> int:
    return RunDir(path).number or 0


def make_run(runs_dir: Path, number: int, chance: random.Random) -> None:
    arch, data = chance.choice(NAMES)
    flags = {"arch": arch, "data": data, "seed": chance.randrange(9), "epochs": 4}
    recipe, name = build_recipe(flags=flags), f"{number}-{arch}-{data}"
    run = RunDir(runs_dir / name)
    run.commands.mkdir(parents=True)
    run.checkpoints.mkdir()
    (run.checkpoints / "last.pt").touch()
    run.recipe.write_text(to_toml(recipe))
    os.close(run_lock.acquire(run))
    said: list[events.Event] = [replace(scripted.started(name=name), recipe=recipe)]
    said += [event for event in scripted.half_a_run() if not isinstance(event, events.RunStarted)]
    end: list[events.Event] = [
        events.RunEnded("failed", error="the loss is not finite."),
        events.RunEnded("stopped"),
        *[events.RunEnded("done", 2, chance.random())] * 8,
    ]
    clock = scripted.Clock(time.time())  # the end is later than the lock
    scripted.write(run, [*said, *([] if chance.random() < 0.05 else [chance.choice(end)])], clock)
    if chance.random() < 0.1:
        run_notes.write(run, RunNotes(("night",), "from the race of last week"))


def measure_first_screen(rounds: int) -> None:
    cache = Path(os.environ["XDG_CACHE_HOME"])

    def without_index() -> float:
        shutil.rmtree(cache, ignore_errors=True)
        return seconds_to_screen("runs")

    def with_index() -> float:
        if not cache.exists():
            subprocess.run(
                [sys.executable, "-c", PROGRAM, "runs"], check=True, stdout=subprocess.DEVNULL
            )
        return seconds_to_screen("runs")

    ways = {
        "--help": lambda: seconds_to_screen("--help"),
        "runs with its index": with_index,
        "runs without": without_index,
    }
    for way in ways.values():
        way()
    found = take_turns(ways, rounds, "s")
    for name, seconds in found.items():
        print(f"{name:<20} {statistics.median(seconds):.3f} s")
    beyond = [a - b for a, b in zip(found["runs with its index"], found["--help"], strict=True)]
    print(f"first screen beyond --help, s  {upper_judged(beyond, BUDGET_SECONDS)}")


def seconds_to_screen(*arguments: str) -> float:
    """Seconds until a pseudo-terminal is full of lines, or the program has ended."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began, lines = time.perf_counter(), 0
    command = [sys.executable, "-c", PROGRAM, *arguments]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave) as program:
        os.close(slave)
        seconds = 0.0
        with contextlib.suppress(OSError):  # the end of a pseudo-terminal
            while read := os.read(master, 1 << 16):
                lines += read.count(b"\n")
                if lines >= ROWS - 1 and not seconds:
                    seconds = time.perf_counter() - began
                    program.terminate()
    os.close(master)
    return seconds or time.perf_counter() - began


def measure_whole() -> None:
    for arguments in (
        ["runs"],
        ["runs", "--sort", "-top1", "--limit", "38"],
        ["runs", "--filter", "arch=resnet18 top1>85% tag=night"],
        ["runs", "--json"],
    ):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], check=True, stdout=subprocess.DEVNULL
        )
        print(f"{' '.join(arguments):<52} {time.perf_counter() - began:.2f} s")


def measure_looks() -> None:
    index = RunIndex(Path("runs"))
    looks: dict[str, Callable[[], object]] = {"first look": index.rows, "later look": index.rows}
    for name, look in looks.items():
        began = time.perf_counter()
        look()
        print(f"RunIndex, {name:<42} {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
