"""How long a race goes on, by the pace of its runs and the starts of their engines."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from engine.comparison.seed_groups import settings_key
from engine.racing.next_tasks import Course
from engine.racing.race import Race
from engine.racing.race_request import combinations
from engine.racing.run_results import RunResults

# Fields that tell how much work an epoch is. Others change its time little.
OF_WORK = ("arch", "size", "batch")


class TimeLeft(NamedTuple):
    """Seconds, on as many devices as train now.

    With `at_least`, recipes are to come of which nobody knows how long an epoch takes; they count
    with their engines' overhead alone.
    """

    seconds: float
    at_least: bool


def time_left(
    race: Race, now: Course, results: Mapping[str, RunResults], overhead: float
) -> TimeLeft | None:
    """The time until the race has ended; None before the first epoch of any of its runs.

    `overhead` is what an engine takes beside its epochs, in seconds.
    """
    paces = _Paces(race, now, results)
    if not paces.measured:
        return None
    seconds, known = 0.0, True
    work = itertools.chain(_tasks(now, results, paces), _to_come(race, now, results, paces))
    for epochs, starts, pace in work:
        known &= pace is not None or not epochs
        seconds += epochs * (pace or 0.0) + starts * overhead
    live = sum(each.state == "training" for each in results.values())
    return TimeLeft(seconds / max(1, live), not known)


class _Work(NamedTuple):
    """Epochs to train, engines to start for them, and the seconds of an epoch, if measured."""

    epochs: int
    starts: int
    pace: float | None


class _Paces:
    """The seconds of an epoch by the settings that tell how much work it is: medians of runs."""

    def __init__(self, race: Race, now: Course, results: Mapping[str, RunResults]) -> None:
        self._kinds = {run.run: _kind(run.settings) for run in race.runs}
        known: dict[bytes, list[float]] = {}
        for run, kind in self._kinds.items():
            if (pace := results[run].epoch_seconds) is not None:
                known.setdefault(kind, []).append(pace)
        self.measured = {kind: statistics.median(paces) for kind, paces in known.items()}
        self.racing = {self._kinds[race.recipes[recipe][0].run] for recipe in now.racing}

    def of_run(self, run: str, found: RunResults) -> float | None:
        return found.epoch_seconds or self.measured.get(self._kinds[run])

    def of_any(self, kinds: Iterable[bytes]) -> float | None:
        """The pace of a recipe that may be any of these; None unless all are measured."""
        paces = [self.measured.get(kind) for kind in kinds]
        known = [pace for pace in paces if pace is not None]
        return statistics.median(known) if len(known) == len(paces) else None


def _kind(settings: Mapping[str, object]) -> bytes:
    return settings_key({field: settings[field] for field in OF_WORK if field in settings})


def _tasks(now: Course, results: Mapping[str, RunResults], paces: _Paces) -> Iterable[_Work]:
    """What leads to the next rung."""
    labels = {each.run: label for label, each in results.items()}
    for task in now.tasks:
        found = results[labels[task.run]]
        epochs = max(0, (task.until or found.planned) - found.epoch)
        yield _Work(epochs, found.state != "training", paces.of_run(labels[task.run], found))


def _to_come(
    race: Race, now: Course, results: Mapping[str, RunResults], paces: _Paces
) -> Iterable[_Work]:
    """The later rungs, and the recipes that TPE has not chosen yet."""
    longest = max(each.planned for each in results.values())
    for before, rung in pairwise(now.ladder[now.reached[now.racing[0]] :]):
        runs, epochs = before.keeps * race.seeds, rung.epoch(longest) - before.epoch(longest)
        yield _Work(runs * epochs, runs, paces.of_any(paces.racing))
    if runs := race.recipes_to_come * race.seeds:
        of_work = {field: race.choices[field] for field in OF_WORK if field in race.choices}
        yield _Work(runs * longest, runs, paces.of_any(map(_kind, combinations(of_work))))
