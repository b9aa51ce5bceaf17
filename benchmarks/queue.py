"""How long a device idles between two runs of a queue, and how long a run then takes to start.

    python -m benchmarks.queue [--runs 10] [--epochs 1] [--threads 1]

The first is the time from the last event of a run until the runner has started the engine of the
next one; the engine before has to end meanwhile. The second goes on from there to the first report
of a step: with more epochs, an engine has imported PyTorch while the run before trained. The first
run has none before it. The runs are LeNet-5 on the digits.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.peer import upper_judged
from engine.protocol.events import RunEnded, Steps
from engine.queueing import queue_edits, queue_journal, runner_lock
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Started
from engine.queueing.task import Task
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run import run_lock
from engine.run.journal_search import last_event, newest_first
from engine.run.run_paths import RunDir
from engine.start import launch

MOST_SECONDS = 1.0
POLL_SECONDS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = f"{folder}/{name}"
        fields = {"device": "cpu", "epochs": options.epochs, "threads": options.threads}
        runs_dir = Path(folder, "runs")
        runs = trained_runs(runs_dir, build_recipe(flags=fields), options.runs)
        started = start_times(runs_dir)
        pairs = itertools.pairwise(runs)
        idle = [started[after.label] - ended_at(before) for before, after in pairs]
        first, *others = [stepped_at(run) - started[run.label] for run in runs]
    for between, start in zip(idle, others, strict=True):
        print(f"  between two runs {between:6.3f} s, start to first step {start:6.3f} s")
    print(f"  idle between two runs, s  {upper_judged(idle, MOST_SECONDS)}")
    print(f"  first start {first:.3f} s, median of the others {statistics.median(others):.3f} s")


def trained_runs(runs_dir: Path, recipe: Recipe, count: int) -> list[RunDir]:
    """So many runs of this recipe, once a queue has trained them."""
    runs = []
    for _ in range(count):
        claim = launch.create(recipe, runs_dir)
        run_lock.release(claim)
        runs.append(claim.run)
    queue_edits.add(runs_dir, [Task(run.label) for run in runs])
    try:
        wait_for_runner(runs_dir)
    except BaseException:
        queue_edits.pause_now(runs_dir)
        wait_for_runner(runs_dir)
        raise
    return runs


def start_times(runs_dir: Path) -> dict[str, float]:
    """When the engine of each run was started, in unix seconds."""
    entries = queue_journal.read(QueueDir(runs_dir))
    return {entry.run: entry.time for entry in entries if isinstance(entry, Started)}


def wait_for_runner(runs_dir: Path) -> None:
    while runner_lock.is_working(runs_dir):
        time.sleep(POLL_SECONDS)


def stepped_at(run: RunDir) -> float:
    """When the run told of its first steps, in unix seconds."""
    *_, first = newest_first(run.journal, Steps)
    return first.time


def ended_at(run: RunDir) -> float:
    """When the run ended, in unix seconds."""
    last = last_event(run.journal)
    assert isinstance(last, RunEnded), run.path
    assert last.reason == "done", last.error
    return last.time


if __name__ == "__main__":
    main()
