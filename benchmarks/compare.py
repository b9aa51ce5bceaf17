"""What it takes to compare 20 runs of a million steps: the first curves on the screen, and all.

    python -m benchmarks.compare [--runs 20] [--rounds 5] [--logs] [--size 120x40]

Each run trains a ResNet for 200 epochs of 5,000 steps at ten steps a second, 28 hours. Its journal
gets what the journal's budget admits at the pace of the engine. With `--logs`, event files of
TensorBoard with a loss at each step stand for the journals, which the engine would never write.
The last row of the table has its newest value as soon as all is read.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from benchmarks.event_files import FIRST, Cost, cost, show
from benchmarks.terminal import VIEWER, Script, Viewer
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run.journal_budget import JournalBudget
from engine.training.pace import Pace
from tests.event_logs import scalar

STEPS, STEPS_PER_EPOCH, STEPS_PER_SECOND = 1_000_000, 5_000, 10
BEGAN = 1_700_000_000.0
TICK = 0.5
# So many runs differ; the others are copies, since writing one takes seconds.
DIFFERENT = 4
# The screen says how much of the runs it has read. The viewer writes only what has changed, and may
# move the cursor over a space.
ALL = rb"all( |\x1b\[C)read"
FIRST_BUDGET, ALL_BUDGET = 1.0, 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--logs", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write = write_logs if options.logs else write_runs
        paths = write(Path(folder), options.runs)
        measure(paths, options)


def measure(paths: list[Path], options: argparse.Namespace) -> None:
    sizes = [sum(file.stat().st_size for file in files_of(path)) for path in paths]
    print(f"{len(paths)} of {STEPS:,} steps, {statistics.median(sizes) / 1e6:.1f} MB each")
    found = [compared(paths, options.size) for _ in range(options.rounds)]
    show("first curves, s", [each.first for each in found], FIRST_BUDGET)
    show("all curves, s", [each.all for each in found], ALL_BUDGET)
    print(f"  processor {statistics.median(each.processor for each in found):.2f} s")
    print(f"  memory {statistics.median(each.memory for each in found) / 1e6:.0f} MB")


def files_of(path: Path) -> Iterator[Path]:
    return (file for file in path.iterdir() if file.is_file())


def compared(paths: list[Path], size: str) -> Cost:
    viewer = Viewer(size, VIEWER, "compare", *map(str, paths))
    return cost(viewer, FIRST, ALL)


# The runs


def write_runs(folder: Path, count: int) -> list[Path]:
    """So many run folders with a recipe and a journal."""
    paths = [folder / f"{number}-resnet18-cifar10" for number in range(1, count + 1)]
    return filled(paths, write_run)


def filled(paths: list[Path], write: Callable[[Path, int], None]) -> list[Path]:
    """These folders, of which `write` fills the first ones, each by its number from 0."""
    for at, path in enumerate(paths):
        if at < DIFFERENT:
            path.mkdir(parents=True)
            write(path, at)
        else:
            shutil.copytree(paths[at % DIFFERENT], path)
    return paths


def write_run(path: Path, at: int) -> None:
    recipe = build_recipe(flags={"arch": "resnet18", "data": "cifar10", "seed": at})
    (path / "recipe.toml").write_text(to_toml(recipe))
    (path / "journal.jsonl").write_bytes(b"".join(journal(at)))


def journal(seed: int) -> Iterator[bytes]:
    """The lines of the journal of a run."""
    for seq, (time, event) in enumerate(admitted(seed), 1):
        yield events.encode(replace(event, seq=seq, time=round(time, 3))) + b"\n"


def admitted(seed: int) -> Iterator[tuple[float, Event]]:
    """What the journal gets of all that happens, each with its time."""
    now = BEGAN
    budget = JournalBudget(lambda: now)
    for now, event in happening(seed):
        admitted = [*budget.overdue(), *budget.admitted(event)]
        for each in admitted:
            yield now, replace(each, step=each.step or event.step)


def happening(seed: int) -> Iterator[tuple[float, Event]]:
    """All events of the engine with their times, at its own pace."""
    now, chance, script = BEGAN, random.Random(seed), Script()
    pace, step = Pace(lambda: now), 0
    start = replace(
        script.start(), steps_per_epoch=STEPS_PER_EPOCH, planned_steps=STEPS, name=f"run{seed}"
    )
    yield now, start
    yield now, events.Phase("training")
    for tick in range(1, round(STEPS / STEPS_PER_SECOND / TICK) + 1):
        now, step = BEGAN + tick * TICK, round(tick * TICK * STEPS_PER_SECOND)
        progress = step / STEPS
        loss = 2.3 / (1 + (20 + seed) * progress) + 0.2 * chance.random()
        top1 = 1 - 0.9 / (1 + (20 + seed) * progress) - 0.05 * chance.random()
        epoch = (step - 1) // STEPS_PER_EPOCH + 1
        if tick % 4 == 0:
            yield now, replace(script._hardware(), step=step)
        if pace.is_due("maps"):
            yield now, replace(script._maps(), step=step)
        if pace.is_due("health"):
            yield now, replace(script._health(), step=step)
        if pace.is_due("steps"):
            scalars = {"gradient_norm": 1 + chance.random()}
            rate = 0.1 * (1 - progress)
            yield (
                now,
                events.Steps(epoch, loss, top1, rate, 2560.0, 0.0, scalars=scalars, step=step),
            )
        if step % STEPS_PER_EPOCH == 0:
            yield from epoch_end(now, script, step, loss, top1)
    yield now, events.RunEnded("done", step=step)


def epoch_end(
    now: float, script: Script, step: int, loss: float, top1: float
) -> Iterator[tuple[float, Event]]:
    epoch, rate = step // STEPS_PER_EPOCH, 0.1 * (1 - step / STEPS)
    yield now, events.Phase("evaluating", step=step)
    yield now, replace(script._confusion(), step=step)
    yield (
        now,
        events.EpochEnded(
            epoch, loss, top1, loss + 0.1, top1 - 0.02, rate, 490.0, 10.0, 2560.0, step=step
        ),
    )
    yield now, events.Phase("training", step=step)
    yield now, events.Checkpointed("last.pt", epoch, 45_000_000, 0.2, "epoch", step=step)


# The logs


def write_logs(folder: Path, count: int) -> list[Path]:
    """So many folders with an event file."""
    return filled([folder / f"log{number}" for number in range(1, count + 1)], write_log)


def write_log(path: Path, at: int) -> None:
    with open(path / "events.out.tfevents.1700000000.host.1.0", "wb") as file:
        for step in range(1, STEPS + 1):
            loss = 2.3 / (1 + step / 50_000) + (step * (at + 1)) % 7 / 100
            file.write(scalar("train/loss", step, loss, BEGAN + step / STEPS_PER_SECOND))


if __name__ == "__main__":
    main()
