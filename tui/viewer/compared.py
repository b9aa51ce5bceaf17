"""The runs and logs that are compared: read in turns, as long as they grow."""

from __future__ import annotations

import os
import string
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.comparison import compared_training
from tui.viewer import viewer_text
from tui.viewer.event_source import EventSource
from tui.viewer.traced_history import TracedHistory

# So long is read at once, between which keys are handled.
READ_SECONDS = 0.02


class ComparedRun:
    """One of them, under the letter that its curve has."""

    def __init__(self, letter: str, source: EventSource) -> None:
        self.letter, self.source = letter, source
        self.path = (source.run.path if source.run is not None else Path(source.selector)).resolve()
        """Its folder, or the file that is read: the same however it was named."""
        self.vanished = False

    @property
    def label(self) -> str:
        return self.source.label

    @property
    def history(self) -> TracedHistory:
        history = self.source.history
        assert isinstance(history, TracedHistory)
        return history

    @property
    def settings(self) -> Mapping[str, object]:
        """The fields of its recipe, or what another program told of its settings."""
        return compared_training.settings(self.history, self.history.recipe)


class ReadNews(NamedTuple):
    """What a reading found: whether any run has news, whether there is more to read at once, and
    sentences on runs that have vanished since."""

    changed: bool
    more: bool
    vanished: Sequence[str] = ()


class Compared:
    """The runs in the order in which they were named."""

    def __init__(
        self, sources: Sequence[EventSource], clock: Callable[[], float] = time.monotonic
    ) -> None:
        letters = string.ascii_lowercase
        self.runs = tuple(map(ComparedRun, letters, sources))
        self.version = 0
        """Counts the times that something new was read of any run."""
        self._clock = clock
        # Those that are read next; the others have nothing new for now.
        self._waiting: deque[ComparedRun] = deque()

    @property
    def read_share(self) -> float:
        """The share that is read, 0 to 1: that of a run counts as much as that of any other."""
        return sum(run.history.read_share for run in self.runs) / len(self.runs)

    def read(self) -> ReadNews:
        """Read for a slice of time: a slice of each run in turn."""
        deadline = self._clock() + READ_SECONDS
        vanished: list[str] = []
        if not self._waiting:
            self._waiting.extend(self.runs)
            vanished = [*self._newly_vanished()]
        changed = bool(vanished)
        while self._waiting:
            run = self._waiting.popleft()
            before = run.source.history
            news = run.source.update()
            if news.kinds is None or news.kinds or run.source.history is not before:
                self.version += 1
                changed = True
            if news.more:
                self._waiting.append(run)
            if self._clock() >= deadline:
                break
        return ReadNews(changed, bool(self._waiting), vanished)

    def _newly_vanished(self) -> Sequence[str]:
        lost = [run for run in self.runs if not run.vanished and not os.path.lexists(run.path)]
        for run in lost:
            run.vanished = True
        return [viewer_text.has_vanished(run.label) for run in lost]
