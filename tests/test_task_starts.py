"""The engine of a task, cold or prepared: it gets what it should, whoever is killed meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from engine.machine import memory
from engine.protocol import events
from engine.protocol.commands import Stop
from engine.queueing import engine_starts, queue_file, queue_journal
from engine.queueing.engine_starts import StartedEngine, TaskStarter
from engine.queueing.queue_dir import QueueDir
from engine.queueing.runner import Runner
from engine.queueing.task import Task
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.run import engine_log, lock_owner, run_liveness, run_lock, spool
from engine.run.run_paths import RunDir
from engine.start import launch, warm_engine
from engine.start.warm_engine import has_memory
from tests.processes import TIMEOUT, LiveJournal, end_with_scope, events_of, start_process, wait_for
from tests.queues import NO_RACES

VARIABLES = {"CNN_TUI_GIVEN": "2"}


@pytest.fixture(autouse=True)
def always_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm engine is used even if it has just begun, or if the machine is busy."""
    monkeypatch.setattr(warm_engine, "is_ahead", lambda tasks: True)


@pytest.fixture
def starter() -> TaskStarter:
    made = TaskStarter()
    end_with_scope(made.close)
    return made


def waiting(**flags: object) -> RunDir:
    """A run that waits for its first engine."""
    recipe = build_recipe(flags={"device": "cpu", "threads": 1, "epochs": 1, **flags})
    claim = launch.create(recipe, Path("runs"))
    run_lock.release(claim)
    return claim.run


def started(
    starter: TaskStarter, run: RunDir, variables: Mapping[str, str], until: int = 0
) -> StartedEngine:
    engine = starter.start(run, Task(run.label, until), variables, lambda: True)
    assert engine is not None
    return engine


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def prepared(starter: TaskStarter, run: RunDir, variables: Mapping[str, str]) -> psutil.Process:
    """The process that the starter prepares."""
    before = children()
    starter.prepare(run, variables)
    (process,) = (child for child in children() if child not in before)
    return process


def owner_of(run: RunDir) -> int:
    """The process that trains the run, once it has signed the lock."""
    wait_for(lambda: lock_owner.read_owner(run) is not None)
    wait_for(lambda: getattr(lock_owner.read_owner(run), "pid", 0) > 0)
    owner = lock_owner.read_owner(run)
    assert owner is not None
    return owner.pid


def last_event(run: RunDir) -> events.RunEnded:
    last = events_of(run)[-1]
    assert isinstance(last, events.RunEnded)
    return last


def test_the_engine_that_was_prepared_trains_the_task_as_it_says(starter: TaskStarter) -> None:
    run = waiting(epochs=3)
    process = prepared(starter, waiting(), VARIABLES)
    engine = started(starter, run, VARIABLES, until=1)
    assert not starter.is_ready
    assert owner_of(run) == process.pid
    assert not engine.has_left()
    wait_for(lambda: engine.has_left() and not run_liveness.is_live(run))
    assert last_event(run).reason == "stopped"
    ends = [event.epoch for event in events_of(run) if isinstance(event, events.EpochEnded)]
    assert ends == [1]


@pytest.mark.parametrize(
    ("fields", "variables"), [({"threads": 2}, VARIABLES), ({}, {"CNN_TUI_GIVEN": "1"})]
)
def test_a_task_that_it_does_not_suit_starts_cold(
    starter: TaskStarter, fields: Mapping[str, object], variables: Mapping[str, str]
) -> None:
    run = waiting(epochs=5_000, **fields)
    process = prepared(starter, waiting(), VARIABLES)
    engine = started(starter, run, variables)
    assert not starter.is_ready
    wait_for(lambda: not process.is_running())
    trains = psutil.Process(owner_of(run))
    assert trains.environ()["CNN_TUI_GIVEN"] == variables["CNN_TUI_GIVEN"]
    assert trains.environ()["OMP_NUM_THREADS"] == str(fields.get("threads", 1))
    trains.kill()
    wait_for(engine.has_left)


def test_one_whose_import_gets_too_little_of_the_cores_waits_for_a_later_task(
    starter: TaskStarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = waiting(), waiting()
    process = prepared(starter, first, {})
    with monkeypatch.context() as patch:
        patch.setattr(warm_engine, "is_ahead", lambda tasks: False)
        wait_for(started(starter, first, {}).has_left)
    assert last_event(first).reason == "done"
    assert starter.is_ready
    started(starter, second, {})
    assert owner_of(second) == process.pid


def test_one_that_has_died_is_followed_by_one_for_another_run(starter: TaskStarter) -> None:
    run = waiting()
    prepared(starter, run, VARIABLES).kill()
    wait_for(lambda: not starter.is_ready)
    for close in (False, True):  # as when others need the memory meanwhile
        if close:
            starter.close()
        starter.prepare(run, VARIABLES)
        assert not starter.is_ready
    second = prepared(starter, waiting(), VARIABLES)
    assert starter.is_ready
    starter.close()
    second.wait(TIMEOUT)


def test_one_that_was_closed_is_followed_by_one_for_the_same_run(starter: TaskStarter) -> None:
    run = waiting()
    first = prepared(starter, run, VARIABLES)
    starter.close()
    first.wait(TIMEOUT)
    prepared(starter, run, VARIABLES)
    assert starter.is_ready


@pytest.mark.parametrize("fields", [{"gpus": 2}, {}])
def test_what_prevents_a_preparation_is_found_once(
    starter: TaskStarter, monkeypatch: pytest.MonkeyPatch, fields: Mapping[str, object]
) -> None:
    """Several processes are to train the run, or the machine allows no more of them."""
    asked: list[Path] = []

    def read(recipe: Path) -> Recipe:
        asked.append(recipe)
        return read_recipe(recipe)

    def refuse(*arguments: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(engine_starts, "read_recipe", read)
    monkeypatch.setattr(engine_starts, "WarmEngine", refuse)
    first, second = waiting(**fields), waiting(**fields)
    for run in (first, first, second, second):
        starter.prepare(run, {})
        assert not starter.is_ready
    assert asked == [first.recipe, second.recipe]


def test_one_that_has_imported_older_code_is_handed_no_run(
    starter: TaskStarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(epochs=5_000)
    process = prepared(starter, run, {})
    monkeypatch.setattr(warm_engine, "code_stamp", lambda: frozenset({("torch-9.dist-info", 1)}))
    engine = started(starter, run, {})
    trains = psutil.Process(owner_of(run))
    assert trains != process
    wait_for(lambda: not process.is_running())
    trains.kill()
    wait_for(engine.has_left)


def test_if_it_dies_before_it_has_taken_its_run_the_lock_is_free_and_the_log_says_why(
    starter: TaskStarter,
) -> None:
    """The queue then starts the run again, as after the death of any engine."""
    run = waiting()
    process = prepared(starter, run, {})
    process.suspend()
    engine = started(starter, run, {})
    assert run_liveness.is_live(run)
    assert not engine.has_left()
    process.kill()
    wait_for(lambda: engine.has_left() and not run_liveness.is_live(run))
    wait_for(lambda: engine_log.last_line(run) == "cnn-tui: killed by signal 9 (SIGKILL)")
    os.close(run_lock.acquire(run))


HANDS_OVER_AND_DIES = """
import os, signal, sys
from pathlib import Path
from engine.queueing.engine_starts import TaskStarter
from engine.queueing.task import Task
from engine.run.run_paths import RunDir
from engine.start import warm_engine
warm_engine.is_ahead = lambda tasks: True
run, starter = RunDir(Path(sys.argv[1])), TaskStarter()
starter.prepare(run, {})
print(starter._warm.process.pid, flush=True)
os.kill(starter._warm.process.pid, signal.SIGSTOP)
assert starter.start(run, Task(run.label), {}, lambda: True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("dies_too", [False, True])
def test_a_runner_that_is_killed_while_it_hands_a_run_over_loses_none(dies_too: bool) -> None:
    """The lock is on its way with the run: it is held as long as the engine can still take it."""
    run = waiting()
    command = (sys.executable, "-c", HANDS_OVER_AND_DIES, str(run.path))
    runner = start_process(*command, stdout=subprocess.PIPE)
    output, _ = runner.communicate()
    assert runner.returncode == -signal.SIGKILL
    engine = psutil.Process(int(output))
    assert run_liveness.is_live(run)
    if dies_too:
        engine.kill()
        wait_for(lambda: not run_liveness.is_live(run))
        return
    engine.resume()
    wait_for(lambda: not run_liveness.is_live(run))
    assert last_event(run).reason == "done"


def test_the_runner_of_a_queue_prepares_the_engine_of_its_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warm_engine, "has_memory", has_memory)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1 << 40)
    before = {child.pid for child in children()}
    first, second = waiting(epochs=5_000), waiting()
    starter = TaskStarter()
    lock = os.open(os.devnull, os.O_RDONLY)
    runner = Runner(Path("runs"), lock, NO_RACES, (), starter)
    end_with_scope(starter.close)
    with queue_file.changed(Path("runs")) as queue:
        queue.tasks = [Task(first.label), Task(second.label)]

    def steps_until_ready() -> bool:
        runner.step()
        return starter.is_ready

    wait_for(steps_until_ready)
    assert LiveJournal(first.journal).has(lambda event: isinstance(event, events.Steps))
    spool.send(first, Stop)
    warm = {child.pid for child in children()} - {owner_of(first)} - before
    wait_for(lambda: not runner.step())
    assert {owner_of(second)} == warm
    states = [(e.run, e.state) for e in queue_journal.ended_since(QueueDir(Path("runs")), 0)]
    assert states == [(first.label, "stopped"), (second.label, "done")]
