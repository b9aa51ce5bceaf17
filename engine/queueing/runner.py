"""The runner: it trains the runs of a queue, one at a time on each device.

It may be killed at any moment, and so may its engines, which are in sessions of their own. Whoever
starts it again finds in the queue which runs had begun, awaits those that go on by their locks, and
starts again those whose engine has died.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from engine.errors import EngineError, RunError
from engine.queueing import (
    device_shares,
    engine_starts,
    queue_file,
    queue_journal,
    queue_labels,
    run_outcome,
)
from engine.queueing.other_runs import OtherRuns
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_races import Races
from engine.queueing.task import Begun, Queue, Task
from engine.queueing.task_ends import TaskEnds
from engine.run import run_liveness
from engine.run.run_paths import RunDir
from engine.start import warm_engine

POLL_SECONDS = 0.2
# After what nobody here can mend: a damaged queue, a disk that takes no note.
TROUBLE_SECONDS = 2.0


class Started(Protocol):
    """An engine that this runner has started."""

    def has_left(self) -> bool:
        """Whether it holds no devices any more."""


class Starter(Protocol):
    """Starts engines, as `engine_starts.TaskStarter`."""

    @property
    def is_ready(self) -> bool: ...

    def prepare(self, run: RunDir, variables: Mapping[str, str]) -> None: ...

    def start(
        self, run: RunDir, task: Task, variables: Mapping[str, str], is_wanted: Callable[[], bool]
    ) -> Started | None: ...

    def close(self) -> None: ...


class Runner:
    """Works through the queue of a runs folder, and holds its lock until nothing is left to do."""

    def __init__(
        self,
        runs_dir: Path,
        lock: int,
        races: Races,
        gpus: Sequence[str] | None = None,
        starter: Starter | None = None,
    ) -> None:
        """`gpus` are the numbers of this machine's GPUs, unless NVML is to say them."""
        self._runs_dir, self._lock = runs_dir, lock
        self._starter = starter or engine_starts.TaskStarter()
        self._gpus = device_shares.gpus_here() if gpus is None else gpus
        self._dir = QueueDir(runs_dir)
        self._ends = TaskEnds(runs_dir, races)
        self._others = OtherRuns(runs_dir, self._gpus)
        self._engines: dict[str, Started] = {}
        self._trouble = ""
        self._is_new = True
        self.is_ending = False
        """Set by a signal: the machine or the user ends all processes."""

    def run(self) -> None:
        """Work until nothing is left to do, or until told to end."""
        with contextlib.closing(self._starter):
            while not self.is_ending:
                try:
                    if not self.step():
                        return
                    self._trouble = ""
                    time.sleep(POLL_SECONDS)
                except RunError as error:
                    self._tell_trouble(str(error))
                    time.sleep(TROUBLE_SECONDS)
            self._leave_everything()

    def step(self) -> bool:
        """Do what is due now; returns whether there is more to do, now or later."""
        if self._is_new:
            self._adopt_engines()
        queue_labels.mend_file(self._runs_dir)
        for task in queue_file.read(self._runs_dir).tasks:
            if task.trains and not self._is_training(task):
                self._engines.pop(task.run, None)
                self._ends.judge(task)
        self._start_next()
        self._prepare_next()
        return self._has_work()

    def _adopt_engines(self) -> None:
        """Take over what a runner before has started and that goes on."""
        with queue_file.changed(self._runs_dir) as queue:
            queue.tasks = [
                task.adopted() if self._is_training(task) else task for task in queue.tasks
            ]
        self._is_new = False

    def _is_training(self, task: Task) -> bool:
        """Whether an engine trains the run, or has not left its devices yet."""
        if run_liveness.liveness(self._run(task)) != "gone":
            return True
        engine = self._engines.get(task.run)
        return engine is not None and not engine.has_left()

    def _run(self, task: Task) -> RunDir:
        return RunDir(self._runs_dir / task.run)

    # What comes next

    def _start_next(self) -> None:
        """Start the tasks for which there are free devices."""
        if not self._ready():
            return
        # Only now, since it looks at every run of the folder.
        self._adopt(self._others.look())
        for task, given in self._ready():
            if not self._ends.needs_no_engine(task):
                self._start(task, given)

    def _ready(self) -> list[tuple[Task, tuple[str, ...]]]:
        """The waiting tasks for which there are free devices, with these devices."""
        queue = queue_file.read(self._runs_dir)
        return [] if queue.paused else self._shared_out(_waiting(queue), queue.tasks)

    def _shared_out(
        self, waiting: Sequence[Task], tasks: Sequence[Task]
    ) -> list[tuple[Task, tuple[str, ...]]]:
        """The waiting tasks for which there are devices beside those of `tasks`, with them."""
        if not waiting:
            return []
        held = [task.begun.devices for task in tasks if task.begun is not None]
        busy = {device for each in (*held, *self._others.held()) for device in each}
        wanted = [self._wanted(task) for task in waiting]
        shares = device_shares.share_out(wanted, self._gpus, busy)
        return [(task, given) for task, given in zip(waiting, shares, strict=True) if given]

    def _wanted(self, task: Task) -> device_shares.Wanted:
        return device_shares.wanted_by(self._run(task).recipe, self._gpus)

    def _variables(self, task: Task, given: tuple[str, ...]) -> Mapping[str, str]:
        return device_shares.variables(given, self._wanted(task), self._gpus)

    def _prepare_next(self) -> None:
        """While a run trains, have an engine for the task that probably comes next."""
        queue = queue_file.read(self._runs_dir)
        waiting = _waiting(queue)
        if queue.paused or not waiting or warm_engine.lacks_memory():
            self._starter.close()
        elif not self._starter.is_ready and warm_engine.has_memory():
            self._prepare_one(waiting, [task for task in queue.tasks if task.trains])

    def _prepare_one(self, waiting: Sequence[Task], trains: Sequence[Task]) -> None:
        """Prepare an engine, but not while another starts.

        The import of that one, and what it measures, need the cores.
        """
        if all(map(self._has_stepped, trains)) and (found := self._after_one_of(trains, waiting)):
            task, given = found
            self._starter.prepare(self._run(task), self._variables(task, given))

    def _after_one_of(
        self, trains: Sequence[Task], waiting: Sequence[Task]
    ) -> tuple[Task, tuple[str, ...]] | None:
        """The waiting task that starts when one of those that train ends, with its devices."""
        for ends in trains:
            others = [task for task in trains if task is not ends]
            if shared_out := self._shared_out(waiting, others):
                return shared_out[0]
        return None

    def _has_stepped(self, task: Task) -> bool:
        begun = task.begun
        return begun is not None and run_outcome.has_stepped(self._run(task), begun)

    def _adopt(self, live: Mapping[str, tuple[str, ...]]) -> None:
        """Await the runs of the queue that somebody else has started."""
        for task in _waiting(queue_file.read(self._runs_dir)):
            if task.run in live:
                with contextlib.suppress(RunError):  # its journal: its start says what is wrong
                    self._note_begun(task, self._begun(task, live[task.run]))

    def _begun(self, task: Task, given: tuple[str, ...]) -> Begun:
        return run_outcome.begun_now(self._run(task), given, task.begun)

    def _note_begun(self, task: Task, begun: Begun) -> Task | None:
        """Note that the engine of a task begins; None if none may begin any more."""
        with queue_file.changed(self._runs_dir) as queue:
            found = queue.task_of(task.run)
            if found is None or found.trains or queue.paused:
                return None
            noted = replace(found, begun=begun)
            queue.put(noted)
        return noted

    def _take_back(self, task: Task) -> None:
        """Note of a task that its engine did not begin."""
        with queue_file.changed(self._runs_dir) as queue:
            if (found := queue.task_of(task.run)) is not None:
                queue.put(replace(found, begun=task.begun))

    def _start(self, task: Task, given: tuple[str, ...]) -> None:
        """Start the engine of a task; first the queue says so, for a runner that comes later."""
        try:
            begun = self._begun(task, given)
        except RunError as error:
            return self._ends.refuse(task, str(error))
        noted = self._note_begun(task, begun)
        if noted is not None and not self._has_started(noted):
            self._take_back(task)
        return None

    def _has_started(self, task: Task) -> bool:
        """Start the engine of a task that is noted as begun; False if it was not wanted."""
        assert task.begun is not None
        run, given = self._run(task), task.begun.devices
        variables = self._variables(task, given)
        try:
            engine = self._starter.start(run, task, variables, lambda: self._ends.is_wanted(task))
        except EngineError as error:
            if not run_liveness.is_live(run):  # else somebody has started it just now
                self._ends.refuse(task, str(error))
            return True
        if engine is None:
            return False
        self._engines[task.run] = engine
        queue_journal.append(self._dir, queue_journal.Started(run=task.run, devices=given))
        return True

    # The end

    def _has_work(self) -> bool:
        """Whether there is more to do. If not, gives the lock back before a task can be added."""
        if _is_busy(queue_file.read(self._runs_dir)):
            return True
        with queue_file.changed(self._runs_dir) as queue:
            if not _is_busy(queue):
                os.close(self._lock)
                return False
        return True

    def _leave_everything(self) -> None:
        """Keep the runs in the queue that are stopped by the same signal, if it can be written."""
        try:
            with queue_file.changed(self._runs_dir) as queue:
                queue.tasks = [each.staying() for each in queue.tasks]
        except RunError as error:
            self._tell_trouble(str(error))
        os.close(self._lock)

    # What is said

    def _tell_trouble(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._say(sentence)
        self._trouble = sentence

    def _say(self, sentence: str) -> None:
        with contextlib.suppress(OSError):  # its log may be on the disk that is full
            sys.stderr.write(f"{time.strftime('%F %T')} {sentence}\n")
            sys.stderr.flush()


def _waiting(queue: Queue) -> list[Task]:
    return [task for task in queue.tasks if not task.trains]


def _is_busy(queue: Queue) -> bool:
    return any(task.trains for task in queue.tasks) or bool(queue.tasks and not queue.paused)
