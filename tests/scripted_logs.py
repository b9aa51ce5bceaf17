"""Logs of other programs that a test writes by hand: a reader that tells what it is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from engine.errors import RunError
from engine.logs.log_reader import LogNews
from engine.protocol import events
from engine.protocol.events import Event
from tests import watched_runs
from tests.scripted import START


def started(name: str = "mine") -> events.RunStarted:
    """The first event of a log; each epoch has 10 steps."""
    watched = events.Watched(program=name, log="TensorBoard")
    return watched_runs.started(watched, name=name, steps_per_epoch=10, time=START)


def step(number: int, loss: float = 1.0) -> events.Steps:
    """One point of the loss; a step takes a second."""
    return events.Steps(number // 10 + 1, loss=loss, step=number, time=START + number)


class ScriptedReader:
    """Gives the news that the test puts into it, one at a time; an error is raised instead."""

    label = "TensorBoard · mine"

    def __init__(self, *news: LogNews | RunError) -> None:
        self.news: deque[LogNews | RunError] = deque(news)
        self.read_share, self.written_at = 0.0, START

    def read(self, seconds: float) -> LogNews:
        told = self.news.popleft() if self.news else LogNews([])
        if isinstance(told, RunError):
            raise told
        return told

    def tell(self, said: Iterable[Event], *, anew: bool = False, more: bool = False) -> None:
        """What the next reading finds."""
        self.news.append(LogNews([*said], anew, more))
