"""Plays back a recorded run: it writes each event to a journal when its time has come.

The viewer reads that journal as it reads any run's. The recording is a gzipped journal, without
host, commit and the load by other programs (`cpu` of each `Hardware` is its `engine_cpu`), of
`cnn-tui --no-ui --arch resnet20 --data digits --epochs 10 --set threads=1`.
"""

from __future__ import annotations

import gzip
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_toml import to_toml
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

RECORDING = "demo.jsonl.gz"
NAME = "demo-resnet20-digits"
# The longest wait between two events, in seconds: a real engine takes longer to start.
LONGEST_GAP = 0.8


def recording() -> list[Event]:
    """All events of the recording."""
    packed = resources.files("tui.viewer").joinpath(RECORDING).read_bytes()
    return events.decode_lines(gzip.decompress(packed))


def create_folder(parent: Path, recorded: Sequence[Event]) -> RunDir:
    """A run folder with the recipe of a recording; it has no number."""
    run = RunDir(parent / NAME)
    recipes = (event.recipe for event in recorded if isinstance(event, events.RunStarted))
    run.commands.mkdir(parents=True)
    run.recipe.write_text(to_toml(next(recipe for recipe in recipes if recipe is not None)))
    return run


class RecordedRun:
    """Plays a recording into a run folder, and holds the lock of the run as an engine does."""

    def __init__(self, run: RunDir, recorded: Sequence[Event], clock: Callable[[], float]) -> None:
        self._clock, self._began = clock, clock()
        self._due = deque(zip(_offsets(recorded), recorded, strict=True))
        # The time of the pause, if it is paused; the phase and the step to continue with.
        self._paused_at: float | None = None
        self._phase = events.Phase("starting")
        self._step = 0
        self._stamp = self._began
        self._lock: int | None = run_lock.acquire(run)
        self._journal = Journal(run.journal, lambda: self._stamp)

    @property
    def over(self) -> bool:
        """Whether all events were written."""
        return not self._due

    def toggle_pause(self) -> bool:
        """Pause or continue; False after the end, when there is nothing to pause."""
        if self._lock is None:
            return False
        now = self._stamp = self._clock()
        if self._paused_at is None:
            self._paused_at = now
            self._journal.append(events.Phase("paused", step=self._step))
        else:
            self._began += now - self._paused_at
            self._paused_at = None
            self._journal.append(replace(self._phase, step=self._step))
        return True

    def feed(self) -> None:
        """Write the events that are due, each with its due time."""
        if self._paused_at is not None:
            return
        passed = self._clock() - self._began
        while self._due and self._due[0][0] <= passed:
            offset, event = self._due.popleft()
            self._stamp = self._began + offset
            self._journal.append(event)
            self._step = event.step
            self._phase = event if isinstance(event, events.Phase) else self._phase
        if self.over:
            self.close()

    def close(self) -> None:
        """Close the journal and unlock the run."""
        if self._lock is not None:
            self._journal.close()
            os.close(self._lock)
            self._lock = None


def _offsets(recorded: Sequence[Event]) -> Iterator[float]:
    """For each event, the seconds from the first one."""
    gaps = (b.time - a.time for a, b in itertools.pairwise(recorded))
    return itertools.accumulate((min(max(0.0, gap), LONGEST_GAP) for gap in gaps), initial=0.0)
