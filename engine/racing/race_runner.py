"""The runner of a queue that knows races: it asks what they train next, and ends what they may not.

A race says that in its file: it was stopped, its budget is used up, a run of it was dropped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import RunError
from engine.queueing import queue_file, queue_races
from engine.queueing.queue_races import Races
from engine.queueing.runner import Runner
from engine.racing import next_tasks, race_control, race_file
from engine.racing.race_results import read_results
from engine.run.run_paths import RunDir

RACES = Races(next_tasks.follow_up, next_tasks.may_start)
# It looks so often, and rests so many times as long as a look takes.
LOOK_SECONDS, REST = 2.0, 20


class RaceRunner(Runner):
    """Works through the queue of a runs folder, races and other runs alike."""

    def __init__(
        self, runs_dir: Path, lock: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(runs_dir, lock, RACES)
        self._clock = clock
        self._next_look = -math.inf
        self._told, self._faults = set[str](), set[str]()

    def step(self) -> bool:
        """As `Runner.step`; at first, races go on whose tasks left the queue without a runner."""
        now = self._clock()
        if self._next_look == -math.inf:
            for fault in race_control.follow_all(self._runs_dir):
                self._say(fault)
        if now >= self._next_look:
            self._end_what_is_over()
            self._next_look = self._clock() + max(LOOK_SECONDS, REST * (self._clock() - now))
        return super().step()

    def _end_what_is_over(self) -> None:
        """Tell the engines to stop, saved, that their races let train no more.

        One that has no lock yet is told at the next look.
        """
        tasks = [task for task in queue_file.read(self._runs_dir).tasks if task.trains]
        over, faults = set[str](), set[str]()
        for race in {task.race for task in tasks if task.race}:
            try:
                over |= queue_races.asked(_over, self._runs_dir, race)
            except RunError as error:
                faults.add(str(error))
        for fault in faults - self._faults:
            self._say(fault)
        self._faults = faults
        over &= {task.run for task in tasks}
        untold = (RunDir(self._runs_dir / run) for run in over - self._told)
        told = {run.label for run in race_control.tell_to_stop(untold)}
        self._told = (self._told & over) | told


def _over(runs_dir: Path, label: str) -> frozenset[str]:
    """The runs of a race that may train no more."""
    race = race_file.read(runs_dir, label)
    if not (race.stopped or race.budget or race.dropped):
        return frozenset()  # reading the results of hundreds of runs takes a share of a core
    results = read_results(runs_dir, race)
    ended = next_tasks.is_over(race, results)
    return frozenset(each.run for each in results.values() if ended or each.dropped)
