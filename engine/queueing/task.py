"""What waits in a queue: tasks, each of which names a run folder that exists."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace


class Begun(msgspec.Struct, frozen=True):
    """What the runner notes of a task before it starts an engine for it.

    `devices` are those that the engine has: "cpu", or numbers of GPUs as CUDA counts them; none
    once it has died and another one is to be started. `seq` is
    the last event of the run before, and `saved` the event of its last checkpoint, so that a
    runner that starts later knows what this engine has done. `starts` counts the engines that
    began at this checkpoint. `stays` keeps the task in the queue if the run is stopped, and
    `is_stopping` says that the queue has told it to stop.
    """

    devices: tuple[str, ...]
    seq: int
    saved: int
    starts: int = 1
    stays: bool = False
    is_stopping: bool = False


class Task(msgspec.Struct, frozen=True):
    """A run to train.

    `run` is the label of its folder. With `until`, its training ends with that epoch of its plan,
    saved and stopped; 0 is the end of the plan. `race` is the label of the race that it belongs to,
    if any. `begun` is None until an engine is started for it.
    """

    run: str
    until: int = 0
    race: str = ""
    begun: Begun | None = None

    @property
    def trains(self) -> bool:
        """Whether an engine was started for it, and nobody has found it gone yet."""
        return self.begun is not None and bool(self.begun.devices)

    def staying(self) -> Task:
        """The same task; if its run is stopped, it stays in the queue."""
        return replace(self, begun=replace(self.begun, stays=True)) if self.begun else self

    def stopping(self) -> Task:
        """The same task; its run is told to stop, and stays in the queue."""
        begun = self.begun
        return replace(self, begun=replace(begun, stays=True, is_stopping=True)) if begun else self

    def adopted(self) -> Task:
        """The same task under a new runner: what ended the runner before has not ended its run."""
        begun = self.begun
        if begun is None or begun.is_stopping:
            return self
        return replace(self, begun=replace(begun, stays=False))

    def rested(self) -> Task:
        """The same task as if no engine had been started for it."""
        return replace(self, begun=None)

    def left(self) -> Task:
        """The same task, whose engine has left its devices."""
        return replace(self, begun=replace(self.begun, devices=())) if self.begun else self


class Queue(msgspec.Struct):
    """The tasks, the next one first; `paused` is a sentence with the reason, "" if it is not."""

    tasks: list[Task] = []
    paused: str = ""

    def task_of(self, label: str) -> Task | None:
        """The task of the run with this label."""
        return next((task for task in self.tasks if task.run == label), None)

    def put(self, task: Task) -> None:
        """Replace the task of the same run."""
        self.tasks = [task if each.run == task.run else each for each in self.tasks]
