"""How long a device idles between two runs of a queue, beside the start of an engine.

    python -m benchmarks.queue [--runs 10]

That is the time from the last event of a run until the runner has started the engine of the next
one; the engine before has to end meanwhile. The runs are LeNet-5 on the digits, one epoch each.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

from benchmarks.peer import upper_judged
from engine.protocol.events import RunEnded
from engine.queueing import queue_edits, queue_journal, runner_lock
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Started
from engine.queueing.task import Task
from engine.recipes.recipe_building import build_recipe
from engine.run import run_lock
from engine.run.journal_search import last_event
from engine.run.run_paths import RunDir
from engine.start import launch

MOST_SECONDS = 1.0
POLL_SECONDS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = f"{folder}/{name}"
        idle = idle_seconds(Path(folder, "runs"), options.runs)
    for seconds in idle:
        print(f"  between two runs {seconds:6.3f} s")
    print(f"  idle between two runs, s  {upper_judged(idle, MOST_SECONDS)}")


def idle_seconds(runs_dir: Path, count: int) -> list[float]:
    """Train so many queued runs; the seconds between each two of them."""
    recipe = build_recipe(flags={"device": "cpu", "epochs": 1})
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
    entries = queue_journal.read(QueueDir(runs_dir))
    started = {entry.run: entry.time for entry in entries if isinstance(entry, Started)}
    pairs = itertools.pairwise(runs)
    return [started[after.label] - ended_at(before) for before, after in pairs]


def wait_for_runner(runs_dir: Path) -> None:
    while runner_lock.is_working(runs_dir):
        time.sleep(POLL_SECONDS)


def ended_at(run: RunDir) -> float:
    """When the run ended, in unix seconds."""
    last = last_event(run.journal)
    assert isinstance(last, RunEnded), run.path
    assert last.reason == "done", last.error
    return last.time


if __name__ == "__main__":
    main()
