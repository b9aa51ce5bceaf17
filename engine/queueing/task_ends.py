"""Decides what becomes of a task whose engine is gone, or that cannot start."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from engine.errors import EngineError, RunError
from engine.queueing import (
    engine_starts,
    queue_file,
    queue_journal,
    queue_races,
    queue_text,
    run_outcome,
)
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Entry
from engine.queueing.queue_races import Races
from engine.queueing.run_outcome import Outcome
from engine.queueing.task import Queue, Task
from engine.run.run_paths import RunDir
from engine.start import resume

# So many engines may die from one checkpoint before the run counts as failed.
MOST_STARTS = 5


class Verdict(NamedTuple):
    """What was decided: entries for the journal of the queue, and whether the run is given up."""

    entries: tuple[Entry, ...] = ()
    is_given_up: bool = False


# Changes the queue for one of its tasks, under the queue's lock. None changes nothing.
Decision: TypeAlias = Callable[[Queue, Task], Verdict | None]


class TaskEnds:
    """Changes the queue of a runs folder as its tasks end."""

    def __init__(self, runs_dir: Path, races: Races) -> None:
        self._runs_dir, self._races = runs_dir, races

    def judge(self, task: Task) -> None:
        """Decide about a task whose engine is gone. Raises RunError as `queue_file.changed`."""
        self._decide(task, self._of_gone_engine)

    def refuse(self, task: Task, why: str) -> None:
        """Decide about a task whose engine cannot start. Raises RunError as `judge`."""
        self._decide(task, lambda queue, found: self._of_no_start(queue, found, why))

    def needs_no_engine(self, task: Task) -> bool:
        """Decide about a task that is the next to start; whether it starts none now.

        Raises RunError as `judge`.
        """
        return self._decide(task, self._before_start)

    def _decide(self, task: Task, decision: Decision) -> bool:
        """Whether the task has been decided about, or has left the queue meanwhile.

        Others change the queue, too: so it is read here again.
        """
        with queue_file.changed(self._runs_dir) as queue:
            found = queue.task_of(task.run)
            verdict = decision(queue, found) if found is not None else Verdict()
        if verdict is None:
            return False
        for entry in verdict.entries:
            queue_journal.append(QueueDir(self._runs_dir), entry)
        if verdict.is_given_up:
            engine_starts.tell_failure(self._run(task))
        return True

    def _run(self, task: Task) -> RunDir:
        return RunDir(self._runs_dir / task.run)

    def _of_gone_engine(self, queue: Queue, task: Task) -> Verdict:
        run, begun = self._run(task), task.begun
        if begun is None:
            return Verdict()
        ended = run_outcome.outcome(run, task)
        if ended.state in ("failed", "died") and run_outcome.lacks_room(run, ended.error):
            return _paused(queue, task.rested(), queue_text.disk_full(task.run))
        if ended.state == "died" and begun.starts < MOST_STARTS:
            queue.put(task.left())
            return Verdict((queue_journal.Died(run=task.run, error=ended.error),))
        if ended.state == "stopped" and begun.stays:
            queue.put(task.rested())
            return Verdict()
        return self._left(queue, task, ended)

    def _left(self, queue: Queue, task: Task, ended: Outcome) -> Verdict:
        if ended.state == "died":
            return self._given_up(queue, task, ended.error)
        return self._taken_out(queue, task, ended)

    def _of_no_start(self, queue: Queue, task: Task, why: str) -> Verdict:
        run = self._run(task)
        if run_outcome.lacks_room(run, why):
            return _paused(queue, task.rested(), queue_text.disk_full(task.run))
        if resume.is_done(run):
            return self._taken_out(queue, task, Outcome("done"))
        return self._given_up(queue, task, why)

    def _before_start(self, queue: Queue, task: Task) -> Verdict | None:
        run = self._run(task)
        if task.trains:
            return Verdict()
        if not os.path.exists(run.recipe):
            return self._taken_out(queue, task, Outcome("gone"))
        if resume.rests(run, task.until):
            return self._taken_out(queue, task, Outcome("rested"))
        if task.begun is not None:  # its race could not say what follows, or it died
            ended = run_outcome.outcome(run, task)
            if ended.state != "died":
                return self._taken_out(queue, task, ended)
        return self._refused_by_race(queue, task)

    def _refused_by_race(self, queue: Queue, task: Task) -> Verdict | None:
        try:
            if not task.race or self._may_start(task.race):
                return None
        except RunError as error:
            return _paused(queue, task, str(error))
        dropped = [each for each in queue.tasks if each.race == task.race and not each.trains]
        queue.tasks = [each for each in queue.tasks if each not in dropped]
        ends = (queue_journal.Ended(run=each.run, state="over") for each in dropped)
        return Verdict(tuple(ends))

    def _may_start(self, race: str) -> bool:
        return queue_races.asked(self._races.may_start, self._runs_dir, race)

    def is_wanted(self, task: Task) -> bool:
        """Whether a task that has been noted as begun may still start, in whatever meanwhile."""
        with contextlib.suppress(RunError):  # it is asked again, and then said
            queue = queue_file.read(self._runs_dir)
            found = queue.task_of(task.run)
            if found is not None and found.trains and not queue.paused:
                return not task.race or self._may_start(task.race)
        return False

    def _given_up(self, queue: Queue, task: Task, error: str) -> Verdict:
        """Take out a task whose engines cannot say themselves that they have failed."""
        with contextlib.suppress(EngineError):
            run_outcome.end_as_failed(self._run(task), error)
        taken = self._taken_out(queue, task, Outcome("failed", error))
        return taken._replace(is_given_up=True)

    def _taken_out(self, queue: Queue, task: Task, ended: Outcome) -> Verdict:
        """Take a task out of the queue; where it was the last one of its race, others follow.

        If the race cannot say which, the task stays and the queue is paused: it is judged again.
        """
        try:
            following = self._following(queue, task)
        except RunError as error:
            return _paused(queue, task.left(), str(error))
        at, others = queue.tasks.index(task), {each.run for each in queue.tasks} - {task.run}
        queue.tasks[at : at + 1] = [each for each in following if each.run not in others]
        return Verdict((queue_journal.Ended(run=task.run, state=ended.state, error=ended.error),))

    def _following(self, queue: Queue, task: Task) -> list[Task]:
        others = (each for each in queue.tasks if each.run != task.run)
        if not task.race or any(each.race == task.race for each in others):
            return []
        return [*queue_races.asked(self._races.follow_up, self._runs_dir, task.race)]


def _paused(queue: Queue, task: Task, reason: str) -> Verdict:
    queue.paused = reason
    queue.put(task)
    return Verdict((queue_journal.Paused(reason=reason),))
