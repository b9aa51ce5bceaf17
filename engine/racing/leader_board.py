"""The leader board of a race, computed from its file and the journals of its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from engine.comparison.seed_groups import Spread, spread
from engine.queueing import queue_halt
from engine.racing import engine_overhead
from engine.racing.next_tasks import Course, course, is_over
from engine.racing.race import Race, RaceRun
from engine.racing.race_results import read_results
from engine.racing.run_results import RunResults
from engine.racing.rungs import Rung, counts, score
from engine.racing.time_left import time_left

# queued: no engine has trained it yet. waiting: it is at a rung, or its engine was killed, and it
# will be resumed. dropped: other recipes were better at a rung. stopped: by somebody, or by the end
# of the race. removed: its folder is gone.
RowState: TypeAlias = Literal[
    "queued", "training", "waiting", "done", "failed", "dropped", "stopped", "removed"
]

# The states of a run that would train on.
UNDER_WAY: tuple[RowState, ...] = ("queued", "training", "waiting")


class Row(msgspec.Struct, frozen=True):
    """A run of a race.

    `top1` is the best validation accuracy so far, a fraction, and `best_epoch` its epoch, 0 while
    there is none. `epochs` is the full plan, and `until` the epoch to which it trains at present.
    `rung` is the rung that its recipe is in, from 1. `elapsed` (the time of its engines) and
    `remaining` (until that epoch) are in seconds. `error` says why it has failed.
    """

    run: str
    settings: dict[str, object]
    seed: int
    state: RowState
    epoch: int
    epochs: int
    until: int
    top1: float | None
    rung: int
    elapsed: float
    remaining: float | None
    error: str = ""
    best_epoch: int = 0


class Standing(msgspec.Struct, frozen=True):
    """The seeds of one recipe: mean and standard deviation of their best accuracies.

    Only seeds that are done or have come as far as the furthest one count, so that one that has
    just begun bends neither. The deviation is that of a sample; None where fewer than two count.
    """

    settings: dict[str, object]
    rows: tuple[Row, ...]
    mean: float | None
    deviation: float | None


class Board(msgspec.Struct, frozen=True):
    """A leader board, best recipe first.

    `rungs` is the number of rungs, 1 without halving. `used` is the time of all engines and
    `remaining` what is left at the present pace, in seconds; None while nothing is known. With
    `at_least` it is longer, by recipes of which no epoch is measured. `idle` is the sentence why
    nothing starts, "" where something will.
    """

    race: Race
    standings: tuple[Standing, ...]
    rungs: int
    ended: bool
    used: float
    remaining: float | None
    at_least: bool = False
    idle: str = ""

    @property
    def rows(self) -> list[Row]:
        return [row for standing in self.standings for row in standing.rows]

    @property
    def settled(self) -> int:
        """How many runs train no more."""
        return sum(row.state not in UNDER_WAY for row in self.rows)

    @property
    def still_rising(self) -> bool:
        """Whether the best runs of most recipes were best in the last epoch of their plan.

        Only runs that were trained to the end tell.
        """
        done = ([row for row in each.rows if row.state == "done"] for each in self.standings)
        best = [max(rows, key=lambda row: row.top1 or 0.0) for rows in done if rows]
        rising = sum(row.best_epoch == row.epochs for row in best)
        return 2 * rising > len(best)

    @property
    def planned(self) -> int:
        """How many runs there are, with those that TPE has yet to choose while the race goes on."""
        to_come = 0 if self.ended else self.race.recipes_to_come * self.race.seeds
        return len(self.rows) + to_come


def board(runs_dir: Path, race: Race) -> Board:
    """The leader board as it is now. Raises RunError if the runs or the queue cannot be read."""
    return board_of(runs_dir, race, read_results(runs_dir, race))


def board_of(runs_dir: Path, race: Race, results: Mapping[str, RunResults]) -> Board:
    """The leader board by these results. Raises RunError if the queue cannot be read."""
    now = course(race, results)
    finished = not now.tasks and not race.recipes_to_come
    ended_early = is_over(race, results)
    over = ended_early or finished
    ended = over and not any(each.state == "training" for each in results.values())
    wanted = {task.run for task in now.tasks}
    if ended_early:  # a recipe does not lose the runs that were stopped with the race
        wanted |= {each.run for each in results.values() if each.state == "stopped"}
    places = _Places(race.recipes, now, results, wanted, over)
    order = sorted(range(len(race.recipes)), key=places.place)
    standings = tuple(map(places.standing, order))
    used = sum(each.elapsed for each in results.values())
    idle = "" if ended else queue_halt.why_nothing_starts(runs_dir)
    overhead = engine_overhead.usual_overhead(runs_dir, results.values())
    left = None if ended else time_left(race, now, results, overhead)
    seconds, at_least = left if left is not None else (None, False)
    return Board(race, standings, len(now.ladder), ended, used, seconds, at_least, idle)


class _Places(NamedTuple):
    """Where the recipes of a race are, by their index; `wanted` runs are still to train."""

    recipes: list[tuple[RaceRun, ...]]
    now: Course
    results: Mapping[str, RunResults]
    wanted: set[str]
    over: bool

    def _rung(self, recipe: int) -> Rung:
        return self.now.ladder[self.now.reached[recipe]]

    def place(self, recipe: int) -> tuple[float, ...]:
        """The smallest is the best: got to a later rung, has lost no run, is the most accurate."""
        found, rung = [self.results[run.run] for run in self.recipes[recipe]], self._rung(recipe)
        lost = sum(not counts(each, rung) and each.run not in self.wanted for each in found)
        so_far = _spread(found)
        error = 1.0 - so_far.mean if so_far is not None else math.inf
        left_behind = recipe not in self.now.racing
        rank = (-self.now.reached[recipe], left_behind, lost, error)
        return (*rank, score(found, rung).loss, recipe)

    def standing(self, recipe: int) -> Standing:
        rows = tuple(self._row(recipe, run) for run in self.recipes[recipe])
        found = _spread([self.results[run.run] for run in self.recipes[recipe]])
        mean, deviation = (found.mean, found.deviation) if found is not None else (None, None)
        return Standing(rows[0].settings, rows, mean, deviation)

    def _row(self, recipe: int, run: RaceRun) -> Row:
        found = self.results[run.run]
        until, pace = self._rung(recipe).epoch(found.planned), found.epoch_seconds
        return Row(
            run=found.run,
            settings=run.settings,
            seed=run.seed,
            state=self._state(recipe, found),
            epoch=found.epoch,
            epochs=found.planned,
            until=until,
            top1=found.top1,
            rung=self.now.reached[recipe] + 1,
            elapsed=found.elapsed,
            remaining=None if pace is None else max(0, until - found.epoch) * pace,
            error=found.error,
            best_epoch=found.best_epoch,
        )

    def _state(self, recipe: int, found: RunResults) -> RowState:
        if found.removed or found.state == "gone":
            return "removed"
        if found.state in ("training", "done", "failed"):
            return found.state
        if recipe not in self.now.racing:
            return "dropped"
        if self.over or not (found.run in self.wanted or counts(found, self._rung(recipe))):
            return "stopped"
        return "queued" if found.state == "queued" else "waiting"


def _spread(seeds: Sequence[RunResults]) -> Spread | None:
    """The spread of the accuracies of those seeds that count: see `Standing`."""
    furthest = max(each.epoch for each in seeds)
    return spread(each.top1 for each in seeds if each.state == "done" or each.epoch == furthest)
