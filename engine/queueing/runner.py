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
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from msgspec.structs import replace

from engine.errors import EngineError, RunError
from engine.queueing import (
    device_shares,
    engine_starts,
    queue_file,
    queue_journal,
    queue_text,
    run_outcome,
)
from engine.queueing.other_runs import OtherRuns
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Entry
from engine.queueing.run_outcome import Outcome
from engine.queueing.task import Queue, Task
from engine.recipes.recipe_building import read_recipe
from engine.run import run_liveness
from engine.run.run_paths import RunDir
from engine.start import resume

POLL_SECONDS = 0.2
# After what nobody here can mend: a damaged queue, a disk that takes no note.
TROUBLE_SECONDS = 2.0
# So many engines may die from one checkpoint before the run counts as failed.
MOST_STARTS = 5


class Process(Protocol):
    """A process whose `poll` gives None until it has ended."""

    def poll(self) -> int | None: ...


Answer = TypeVar("Answer")
Start: TypeAlias = Callable[[RunDir, Task, Mapping[str, str]], Process]


class Races(NamedTuple):
    """What the races of a runs folder say, each by its label.

    `follow_up` gives the tasks that come next, when the last one of a race has ended. `may_start`
    says whether a task of a race may still start.
    """

    follow_up: Callable[[Path, str], Sequence[Task]] = lambda *_: ()
    may_start: Callable[[Path, str], bool] = lambda *_: True


NO_RACES = Races()


class Runner:
    """Works through the queue of a runs folder, and holds its lock until nothing is left to do."""

    def __init__(
        self,
        runs_dir: Path,
        lock: int,
        races: Races = NO_RACES,
        gpus: Sequence[str] | None = None,
        start: Start = engine_starts.start,
    ) -> None:
        """`gpus` are the numbers of this machine's GPUs, unless NVML is to say them."""
        self._runs_dir, self._lock, self._races, self._start_engine = runs_dir, lock, races, start
        self._gpus = device_shares.gpus_here() if gpus is None else gpus
        self._dir = QueueDir(runs_dir)
        self._others = OtherRuns(runs_dir, self._gpus)
        self._engines: dict[str, Process] = {}
        self._trouble = ""
        self.is_ending = False
        """Set by a signal: the machine or the user ends all processes."""

    def run(self) -> None:
        """Work until nothing is left to do, or until told to end."""
        while True:
            try:
                if self.is_ending:
                    return self._leave_everything()
                if not self.step():
                    return None
                self._trouble = ""
                time.sleep(POLL_SECONDS)
            except RunError as error:
                self._tell_trouble(str(error))
                time.sleep(TROUBLE_SECONDS)

    def step(self) -> bool:
        """Do what is due now; returns whether there is more to do, now or later."""
        for task in queue_file.read(self._runs_dir).tasks:
            if task.trains and not self._is_training(task):
                self._judge(task)
        self._start_next()
        return self._has_work()

    def _is_training(self, task: Task) -> bool:
        engine = self._engines.get(task.run)
        if engine is not None and engine.poll() is None:
            return True
        return run_liveness.liveness(self._run(task)) != "gone"

    def _run(self, task: Task) -> RunDir:
        return RunDir(self._runs_dir / task.run)

    # What has ended

    def _judge(self, task: Task) -> None:
        """Decide what becomes of a task whose engine is gone."""
        self._engines.pop(task.run, None)
        assert task.begun is not None
        ended = run_outcome.outcome(self._run(task), task)
        if self._is_for_lack_of_room(ended):
            self._pause(task)
        elif ended.state == "died" and task.begun.starts < MOST_STARTS:
            self._put_back(replace(task, begun=replace(task.begun, devices=())))
            self._note(queue_journal.Died(run=task.run, error=ended.error))
        elif ended.state == "stopped" and task.begun.stays:
            self._put_back(replace(task, begun=None))
        elif ended.state == "died":
            self._give_up(task, ended.error)
        else:
            self._take_out(task, ended)

    def _give_up(self, task: Task, error: str) -> None:
        """Take out a task whose engines cannot say themselves that they have failed."""
        with contextlib.suppress(EngineError):
            run_outcome.end_as_failed(self._run(task), error)
        self._take_out(task, Outcome("failed", error))

    def _is_for_lack_of_room(self, ended: Outcome) -> bool:
        failed = ended.state in ("failed", "died")
        return failed and run_outcome.is_disk_full(self._dir.path, ended.error)

    def _pause(self, task: Task) -> None:
        reason = queue_text.disk_full(task.run)
        with queue_file.changed(self._runs_dir) as queue:
            queue.paused = reason
            _put(queue, replace(task, begun=None))
        self._note(queue_journal.Paused(reason=reason))

    def _put_back(self, task: Task) -> bool:
        """Change the task of this run; returns whether it still is in the queue."""
        with queue_file.changed(self._runs_dir) as queue:
            return _put(queue, task)

    def _take_out(self, task: Task, ended: Outcome) -> None:
        """Take a task out of the queue; where it was the last one of its race, others follow."""
        following = self._following(task)
        with queue_file.changed(self._runs_dir) as queue:
            at = next((n for n, t in enumerate(queue.tasks) if t.run == task.run), len(queue.tasks))
            waiting = {each.run for each in queue.tasks} - {task.run}
            queue.tasks[at : at + 1] = [each for each in following if each.run not in waiting]
        self._note(queue_journal.Ended(run=task.run, state=ended.state, error=ended.error))

    def _following(self, task: Task) -> Sequence[Task]:
        others = (each for each in queue_file.read(self._runs_dir).tasks if each.run != task.run)
        if not task.race or any(each.race == task.race for each in others):
            return ()
        return self._asked(self._races.follow_up, task.race, ())

    def _asked(
        self, question: Callable[[Path, str], Answer], race: str, otherwise: Answer
    ) -> Answer:
        """What a race says; a race that fails must not stop the rest of the queue."""
        try:
            return question(self._runs_dir, race)
        except EngineError as error:
            self._say(str(error))
        except Exception:  # noqa: BLE001 (see above)
            self._say(traceback.format_exc())
        return otherwise

    # What comes next

    def _start_next(self) -> None:
        """Start the tasks for which there are free devices."""
        if not self._ready():
            return
        # Only now, since it looks at every run of the folder.
        self._adopt(self._others.look())
        for task, given in self._ready():
            self._start(task, given)

    def _ready(self) -> list[tuple[Task, tuple[str, ...]]]:
        """The waiting tasks for which there are free devices, with these devices."""
        queue = queue_file.read(self._runs_dir)
        waiting = _waiting(queue)
        if queue.paused or not waiting:
            return []
        held = [task.begun.devices for task in queue.tasks if task.begun is not None]
        busy = {device for each in (*held, *self._others.held()) for device in each}
        wanted = [self._wanted(task) for task in waiting]
        shares = device_shares.share_out(wanted, self._gpus, busy)
        return [(task, given) for task, given in zip(waiting, shares, strict=True) if given]

    def _wanted(self, task: Task) -> device_shares.Wanted:
        try:
            return device_shares.wanted(read_recipe(self._run(task).recipe), self._gpus)
        except EngineError:  # its start says what is wrong
            return device_shares.Wanted(device_shares.CPU)

    def _adopt(self, live: Mapping[str, tuple[str, ...]]) -> None:
        """Await the runs of the queue that somebody else has started."""
        for task in _waiting(queue_file.read(self._runs_dir)):
            if task.run in live:
                self._put_back(self._begun(task, live[task.run]))

    def _begun(self, task: Task, given: tuple[str, ...]) -> Task:
        return replace(task, begun=run_outcome.begun_now(self._run(task), given, task.begun))

    def _start(self, task: Task, given: tuple[str, ...]) -> None:
        """Start the engine of a task; first the queue says so, for a runner that comes later."""
        run = self._run(task)
        if not os.path.exists(run.recipe):
            self._take_out(task, Outcome("gone"))
        elif task.until and resume.least_epochs(run) > task.until:
            self._take_out(task, Outcome("rested"))
        elif task.race and not self._asked(self._races.may_start, task.race, False):
            self._drop_race(task.race)
        elif self._put_back(self._begun(task, given)):
            self._start_noted(task, given)

    def _start_noted(self, task: Task, given: tuple[str, ...]) -> None:
        run = self._run(task)
        variables = device_shares.variables(given, self._wanted(task), self._gpus)
        try:
            self._engines[task.run] = self._start_engine(run, task, variables)
            self._note(queue_journal.Started(run=task.run, devices=given))
        except EngineError as error:
            if run_liveness.is_live(run):
                return  # somebody else has started it just now: it is awaited
            if self._is_for_lack_of_room(Outcome("failed", str(error))):
                self._pause(task)
            elif resume.is_done(run):
                self._take_out(task, Outcome("done"))
            else:
                self._give_up(task, str(error))

    def _drop_race(self, race: str) -> None:
        with queue_file.changed(self._runs_dir) as queue:
            dropped = [each for each in _waiting(queue) if each.race == race]
            queue.tasks = [each for each in queue.tasks if each not in dropped]
        for task in dropped:
            self._note(queue_journal.Ended(run=task.run, state="dropped"))

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
        """Keep the runs in the queue that are stopped by the same signal."""
        with queue_file.changed(self._runs_dir) as queue:
            queue.tasks = [each.staying() for each in queue.tasks]
            os.close(self._lock)

    # What is said

    def _note(self, entry: Entry) -> None:
        queue_journal.append(self._dir, entry)

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


def _put(queue: Queue, task: Task) -> bool:
    """Replace the task of this run; returns whether it still is in the queue."""
    queue.tasks = [task if each.run == task.run else each for each in queue.tasks]
    return task in queue.tasks


def _is_busy(queue: Queue) -> bool:
    return any(task.trains for task in queue.tasks) or bool(queue.tasks and not queue.paused)
