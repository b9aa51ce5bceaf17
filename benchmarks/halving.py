"""Does halving find the best of 27 recipes on digits, and in which share of the grid's time?

    python -m benchmarks.halving FOLDER

trains the grid of 27 recipes with ten seeds, by the runner of a queue, and then plays halving on
each seed from what was recorded: its runs are those of the grid, bit for bit, only shorter. FOLDER
keeps the runs, so the same command goes on, or only judges; of a race that `cnn-tui race stop` has
stopped, it judges the seeds that are through.

Best is, by the mean over all seeds of the best validated accuracy of the full plan, the first
recipe. Halving has found the best where the recipe that it ranks first has a mean at most one
standard deviation below it: a single seed cannot tell such recipes apart. The deviation is that of
a usual recipe over the seeds, the median of all: that of the first one is small because it is the
first, and may be 0. The same is asked of the grid, which ranks the recipes after their whole
training with that one seed.

The time is that of the engines by the clock, from the moment that the queue gives each its run to
its end: all starts, of which halving has more, and all epochs. It is also given for the epochs
alone. What an engine has imported before, while another run trained, is no part of its start. A
halving that is not played starts the first engine of each rung without that: nothing waits then.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from engine.comparison.seed_groups import settings_key
from engine.protocol.events import EpochEnded
from engine.queueing import queue_journal
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Ended, Started
from engine.racing import leader_board, race_control, race_file
from engine.racing.next_tasks import course
from engine.racing.race import Race
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.racing.race_results import read_results
from engine.racing.run_results import RunResults
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir

SETS = (
    *("lr=[0.01, 0.05, 0.2]", "batch=[32, 128, 512]"),
    'schedule=["onecycle", "cosine", "constant"]',
    *("threads=1", "precision=float32", "memory_format=contiguous"),
)
SHARE, ENOUGH = 0.4, 0.9
POLL_SECONDS = 2.0


class Cost(NamedTuple):
    """Seconds of engines: of their starts, and of their epochs."""

    starts: float
    epochs: float

    @property
    def seconds(self) -> float:
        return self.starts + self.epochs


class Played(NamedTuple):
    """The recipe that a race ranks first, and what the race has cost."""

    first: bytes
    cost: Cost


def recorded(runs_dir: Path, repeats: int, epochs: int) -> Race:
    """The race of the whole grid, once it has ended."""
    if race_file.labels(runs_dir):
        race = race_file.find(runs_dir)
        if not race.stopped:
            race_control.resume(runs_dir, race.label)
    else:
        flags = {"arch": "lenet5", "data": "digits", "epochs": epochs}
        race = prepare(runs_dir, RaceRequest(sets=SETS, flags=flags, seeds=repeats))
        race_control.start(runs_dir, race.label)
    while not leader_board.board(runs_dir, race).ended:
        time.sleep(POLL_SECONDS)
    return race


def whole_seeds(runs_dir: Path, race: Race) -> Race:
    """The race with the seeds of which all runs are done, by one engine each.

    The time in which a run rested between two engines would count as that of an epoch.
    """
    results = read_results(runs_dir, race)
    entries = queue_journal.read(QueueDir(runs_dir))
    starts = Counter(entry.run for entry in entries if isinstance(entry, Started))
    missing = {
        run.seed for run in race.runs if results[run.run].state != "done" or starts[run.run] > 1
    }
    runs = tuple(run for run in race.runs if run.seed not in missing)
    return replace(race, runs=runs, seeds=len({run.seed for run in runs}))


class Recorded(NamedTuple):
    """The results of whole runs, and what their engines and an epoch took by the clock, in seconds.

    An epoch is what lies between two of its ends: steps, validation and saves.
    """

    results: Mapping[str, RunResults]
    seconds: Mapping[str, float]
    pace: Mapping[str, float]

    def start_seconds(self, run: str) -> float:
        """What a start takes, once the run is handed over, and the end: all but the epochs."""
        return self.seconds[run] - self.results[run].epoch * self.pace[run]


def played(race: Race, whole: Recorded, seed: int, *, halving: bool) -> Played:
    """A race with one seed, from what was recorded."""
    runs = tuple(run for run in race.runs if run.seed == seed)
    alone = replace(race, runs=runs, seeds=1, halving=halving)
    plans = {run.run: whole.results[run.run].planned for run in runs}
    results = {run: RunResults(run, "queued", planned) for run, planned in plans.items()}
    starts = 0.0
    while tasks := course(alone, results).tasks:
        for task in tasks:
            results[task.run] = _until(whole.results[task.run], task.until)
            starts += whole.start_seconds(task.run)
    first = course(alone, results).racing[0]
    epochs = sum(each.epoch * whole.pace[run] for run, each in results.items())
    return Played(settings_key(alone.recipes[first][0].settings), Cost(starts, epochs))


def _until(whole: RunResults, epoch: int) -> RunResults:
    """A run as it is when it has trained to the end of an epoch; 0 is the end of its plan."""
    if not epoch:
        return whole
    return whole._replace(state="stopped", between=True, epochs=whole.epochs[:epoch])


def clock_seconds(runs_dir: Path) -> dict[str, float]:
    """What the engine of each run took, from when it was given the run to its end."""
    entries = queue_journal.read(QueueDir(runs_dir))
    began = {entry.run: entry.time for entry in entries if isinstance(entry, Started)}
    return {
        entry.run: entry.time - began[entry.run]
        for entry in entries
        if isinstance(entry, Ended) and entry.state == "done"
    }


def epoch_pace(run: RunDir) -> float:
    """The mean time between the ends of two epochs, in seconds."""
    ends = [event.time for event in newest_first(run.journal, EpochEnded)]
    return (ends[0] - ends[-1]) / (len(ends) - 1)


def judged(race: Race, whole: Recorded) -> int:
    """Print each repeat; returns in how many halving has found the best in little time."""
    finals = {
        settings_key(recipe[0].settings): [whole.results[run.run].top1 or 0.0 for run in recipe]
        for recipe in race.recipes
    }
    means = {key: statistics.fmean(values) for key, values in finals.items()}
    best = max(means, key=lambda key: means[key])
    least = means[best] - statistics.median(map(statistics.stdev, finals.values()))
    print(f"best: {best.decode()} {means[best]:.2%}, found is at least {least:.2%}")
    print(f"within that: {sum(mean >= least for mean in means.values())} of {len(means)} recipes")
    good = 0
    for seed in sorted({run.seed for run in race.runs}):
        grid, halved = (played(race, whole, seed, halving=halving) for halving in (False, True))
        share = halved.cost.seconds / grid.cost.seconds
        found = means[halved.first] >= least
        good += found and share <= SHARE
        print(
            f"seed {seed}: halving {'finds' if found else 'misses'} it ({means[halved.first]:.2%})"
            f" in {share:.2f} of the time ({halved.cost.epochs / grid.cost.epochs:.2f} of the"
            f" epochs' alone); the grid {'finds' if means[grid.first] >= least else 'misses'} it"
            f" ({means[grid.first]:.2%}) in {grid.cost.seconds:.0f} s, starts"
            f" {grid.cost.starts:.0f} s"
        )
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=72)
    options = parser.parse_args()
    race = whole_seeds(options.folder, recorded(options.folder, options.repeats, options.epochs))
    if race.seeds < 2:
        raise SystemExit("two seeds must be through, to tell what is noise")
    results = read_results(options.folder, race)
    runs = [run.run for run in race.runs]
    pace = {run: epoch_pace(RunDir(options.folder / run)) for run in runs}
    good = judged(race, Recorded(results, clock_seconds(options.folder), pace))
    print(f"halving finds the best in at most {SHARE} of the time in {good} of {race.seeds}")
    if good < ENOUGH * race.seeds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
