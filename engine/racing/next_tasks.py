"""What a race trains next, computed from its file and the journals of its runs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.queueing.task import Task
from engine.racing import race_file, race_folders, tree_sampler
from engine.racing.race import Race, RaceRun
from engine.racing.race_results import keep_results, read_results
from engine.racing.run_results import RunResults
from engine.racing.rungs import Rung, counts, rungs, score
from engine.run.runs_folder_lock import locked_runs_folder


class Course(NamedTuple):
    """Where a race is.

    `reached` is the index of the rung that each recipe is in, or in which it was left behind, and
    `racing` are the recipes that are still in the race, best first where a rung has judged them.
    `tasks` are what is left to train to reach the next rung; none where the race has ended.
    """

    ladder: list[Rung]
    reached: list[int]
    racing: list[int]
    tasks: list[Task]


def follow_up(runs_dir: Path, label: str) -> list[Task]:
    """What the race trains next; nothing once it has ended, or its budget is used up.

    Of an end, keeps what its runs have reached. Makes the runs that its file names and a process
    that was killed has not made, and those of the recipe that TPE chooses next. Raises RunError
    where the file of the race cannot be read, and as `with_next_recipe`.
    """
    race = race_file.read(runs_dir, label)
    grows = race.made < len(race.runs) or race.recipes_to_come
    tasks = _follow_up_of_more(runs_dir, label) if grows else _tasks_left(runs_dir, race)
    if not tasks:
        keep_results(runs_dir, race)
    return tasks


def _tasks_left(runs_dir: Path, race: Race) -> list[Task]:
    results = read_results(runs_dir, race)
    return [] if is_over(race, results) else course(race, results).tasks


def _follow_up_of_more(runs_dir: Path, label: str) -> list[Task]:
    """The runs that it has; once they have ended, those of a recipe that is chosen now."""
    with locked_runs_folder(runs_dir):  # nobody else chooses, or stops the race, meanwhile
        race = race_file.read(runs_dir, label)
        if is_over(race, read_results(runs_dir, race)):
            return []
        race = race_folders.with_runs_made(runs_dir, race)
        results = read_results(runs_dir, race)
        if (tasks := course(race, results).tasks) or race.sampler != "tpe":
            return tasks
        longer = tree_sampler.with_next_recipe(runs_dir, race, results)
        return [Task(run.run, race=label) for run in longer.runs[len(race.runs) :]]


def may_start(runs_dir: Path, label: str) -> bool:
    """Whether a race may still start a training. Raises as `follow_up`."""
    race = race_file.read(runs_dir, label)
    if race.stopped or not race.budget:
        return not race.stopped
    return not is_used_up(race, read_results(runs_dir, race))


def is_over(race: Race, results: Mapping[str, RunResults]) -> bool:
    """Whether it trains nothing more, whatever is left to train."""
    return race.stopped or is_used_up(race, results)


def is_used_up(race: Race, results: Mapping[str, RunResults]) -> bool:
    """Whether the engines of a race have used up its budget."""
    return 0.0 < race.budget <= sum(each.elapsed for each in results.values())


def course(race: Race, results: Mapping[str, RunResults]) -> Course:
    """Where the race is. Whatever the order in which its runs have ended, it is the same."""
    recipes = race.recipes
    of_recipe = [[results[run.run] for run in recipe] for recipe in recipes]
    ladder = rungs(len(recipes), halving=race.halving)
    reached, racing = [0] * len(recipes), [*range(len(recipes))]
    for number, rung in enumerate(ladder):
        for recipe in racing:
            reached[recipe] = number
        runs = [run for recipe in racing for run in recipes[recipe]]
        wanted = [run for run in runs if _is_wanted(race, ladder, rung, results, run.run)]
        if wanted:
            tasks = _tasks(race.label, wanted, results, rung)
            return Course(ladder, reached, racing, tasks)
        racing.sort(key=lambda recipe: (*score(of_recipe[recipe], rung), recipe))
        racing = racing if rung.is_last else racing[: rung.keeps]
    return Course(ladder, reached, racing, [])


def _is_wanted(
    race: Race, ladder: Sequence[Rung], rung: Rung, results: Mapping[str, RunResults], run: str
) -> bool:
    """Whether a run must train to reach a rung.

    A run that somebody has stopped or dropped goes on no more, unless the race was stopped with it.
    One that has stopped at a rung goes on to the next.
    """
    found = results[run]
    if found.dropped or counts(found, rung) or found.state in ("failed", "gone"):
        return False
    if found.state != "stopped" or found.stopped == race.halted.get(run):
        return True
    return found.between and found.epoch in [each.epoch(found.planned) for each in ladder]


def _tasks(
    label: str, wanted: list[RaceRun], results: Mapping[str, RunResults], rung: Rung
) -> list[Task]:
    """In this order: the first seed of each recipe, then the second, and so on."""
    found = [results[run.run] for run in sorted(wanted, key=lambda run: run.seed)]
    return [
        Task(each.run, 0 if rung.is_last else rung.epoch(each.planned), label) for each in found
    ]
