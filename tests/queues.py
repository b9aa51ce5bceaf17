"""A queue whose engines are made up: they write into a journal what a test tells them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.protocol import events
from engine.protocol.events import Event
from engine.queueing import queue_edits, queue_file, queue_journal
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_races import Races
from engine.queueing.runner import Runner
from engine.queueing.task import Queue, Task
from engine.recipes.recipe_building import build_recipe
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import scripted


def nothing_follows(runs_dir: Path, race: str) -> list[Task]:
    return []


def always(runs_dir: Path, race: str) -> bool:
    return True


NO_RACES = Races(nothing_follows, always)


class FakeEngine:
    """An engine that holds the lock of its run, and ends as it is told."""

    def __init__(self, run: RunDir, task: Task, variables: Mapping[str, str]) -> None:
        self.run, self.until, self.variables = run, task.until, variables
        self._lock = run_lock.acquire(run)
        self.code: int | None = None
        self.frees_memory = False
        """Whether its process is still there when its lock is free."""

    def has_left(self) -> bool:
        return self.code is not None and not self.frees_memory

    def says(self, *said: Event) -> None:
        """Write these events into the run's journal."""
        journal = Journal(self.run.journal)
        for event in said:
            journal.append(event)
        journal.close()

    def ends_epoch(self, epoch: int) -> None:
        """The end of an epoch, and its checkpoint."""
        (self.run.checkpoints / "last.pt").touch()
        self.says(events.Checkpointed("last.pt", epoch, 1, 0.1, "epoch", step=10 * epoch))

    def ends(self, reason: str, error: str = "") -> None:
        self.says(events.RunEnded(reason, error=error))  # type: ignore[arg-type]
        self.dies()

    def dies(self) -> None:
        """Its lock is free, and it has written no end."""
        os.close(self._lock)
        self.code = 1


class FakeQueue:
    """The queue of a runs folder, and a runner whose `step` a test calls."""

    def __init__(
        self, runs_dir: Path, gpus: tuple[str, ...] = (), races: Races | None = None
    ) -> None:
        self.runs_dir, self._gpus = runs_dir, gpus
        self._races = races or NO_RACES
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while an engine starts."""
        self.engines: dict[str, FakeEngine] = {}
        self.starts: list[str] = []
        self.prepared: list[tuple[str, Mapping[str, str]]] = []
        """The run and the variables that a warm engine waits for, if there is one."""
        self.runner = self.new_runner()

    def new_runner(self) -> Runner:
        """A runner that follows one that was killed: it knows only what is on the disk."""
        lock = os.open(os.devnull, os.O_RDONLY)
        self.runner = Runner(self.runs_dir, lock, self._races, self._gpus, self)
        return self.runner

    @property
    def is_ready(self) -> bool:
        return self.prepared != []

    def prepare(self, run: RunDir, variables: Mapping[str, str]) -> None:
        self.prepared.append((run.label, variables))

    def close(self) -> None:
        self.prepared.clear()

    def start(
        self, run: RunDir, task: Task, variables: Mapping[str, str], is_wanted: Callable[[], bool]
    ) -> FakeEngine | None:
        self.prepared.clear()
        self.meanwhile()
        engine = FakeEngine(run, task, variables)
        if not is_wanted():
            engine.dies()
            return None
        engine.says(scripted.started(epochs=9))
        self.engines[run.label] = engine
        self.starts.append(run.label)
        return engine

    def add(self, name: str = "a", until: int = 0, race: str = "", **flags: object) -> str:
        """Create a run and put it into the queue; returns its label."""
        recipe = build_recipe(flags={"device": "cpu", **flags})
        claim = launch.create(recipe, self.runs_dir, name)
        run_lock.release(claim)
        self.put(Task(claim.run.label, until, race))
        return claim.run.label

    def put(self, task: Task) -> None:
        with queue_file.changed(self.runs_dir) as queue:
            queue.tasks.append(task)

    def put_first(self, run: str) -> None:
        with queue_file.changed(self.runs_dir) as queue:
            queue.tasks.sort(key=lambda task: task.run != run)

    def take_out(self, run: str) -> None:
        with queue_file.changed(self.runs_dir) as queue:
            queue_edits.take_out(self.runs_dir, queue, run)

    @property
    def now(self) -> Queue:
        return queue_file.read(self.runs_dir)

    @property
    def waiting(self) -> list[str]:
        return [task.run for task in self.now.tasks if not task.trains]

    @property
    def training(self) -> list[str]:
        return [task.run for task in self.now.tasks if task.trains]

    @property
    def ended(self) -> list[tuple[str, str]]:
        """The runs that have left the queue, and how."""
        entries = queue_journal.ended_since(QueueDir(self.runs_dir), 0)
        return [(entry.run, entry.state) for entry in entries]
