"""`cnn-tui demo`: a recorded run, played back through the dashboard that shows every run.

The recording is the journal of `cnn-tui --no-ui -m resnet20 -d digits --epochs 10
--set threads=1`, packed by gzip, without the names of the machine and the commit.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import os
import shutil
import signal
import time
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
from tui.app import CnnTui

RECORDING = "demo.jsonl.gz"
NAME = "demo-resnet20-digits"
FEED_SECONDS = 0.1
# Between two events no more time passes than this: nobody waits for a program that starts.
LONGEST_GAP = 0.8


def recorded() -> list[Event]:
    """The events of the recording, as their engine said them."""
    packed = resources.files("tui.cli").joinpath(RECORDING).read_bytes()
    return events.decode_lines(gzip.decompress(packed))


class RecordedRun:
    """Appends a recorded run to a journal, each event when its time has come.

    The run's lock is held until the last one, as an engine would.
    """

    def __init__(self, run: RunDir, said: Sequence[Event], clock: Callable[[], float]) -> None:
        self._clock, self._began = clock, clock()
        self._waiting = deque(zip(_offsets(said), said, strict=True))
        # Since when it is held, the phase that it was in, and the step.
        self._held: float | None = None
        self._phase = events.Phase("starting")
        self._step = 0
        self._stamp = self._began
        self._lock: int | None = run_lock.acquire(run)
        self._journal = Journal(run.journal, lambda: self._stamp)

    @property
    def over(self) -> bool:
        """Whether the last event has been said."""
        return not self._waiting

    def hold(self) -> None:
        """Stand still, as a run that is paused, or go on."""
        if self._lock is None:
            return
        now = self._stamp = self._clock()
        if self._held is None:
            self._held = now
            self._journal.append(events.Phase("paused", step=self._step))
        else:
            self._began += now - self._held
            self._held = None
            self._journal.append(replace(self._phase, step=self._step))

    def feed(self) -> None:
        """Say what is due, with the times at which it was."""
        if self._held is not None:
            return
        passed = self._clock() - self._began
        while self._waiting and self._waiting[0][0] <= passed:
            offset, event = self._waiting.popleft()
            self._stamp = self._began + offset
            self._journal.append(event)
            self._step = event.step
            self._phase = event if isinstance(event, events.Phase) else self._phase
        if self.over:
            self.close()

    def close(self) -> None:
        """Let the run go, as an engine that has ended."""
        if self._lock is not None:
            self._journal.close()
            os.close(self._lock)
            self._lock = None


def _offsets(said: Sequence[Event]) -> Iterator[float]:
    """For each event how many seconds after the first it is said."""
    gaps = (b.time - a.time for a, b in itertools.pairwise(said))
    return itertools.accumulate((min(max(0.0, gap), LONGEST_GAP) for gap in gaps), initial=0.0)


def place(folder: Path, run: events.RunStarted) -> RunDir:
    """The run directory that the recording is played into."""
    made = RunDir(folder / NAME)
    made.commands.mkdir(parents=True)
    made.recipe.write_text(to_toml(run.recipe))
    return made


class Demo(CnnTui):
    """The viewer of a recorded run, whose folder is gone afterwards."""

    def __init__(
        self,
        folder: Path,
        *,
        ascii_only: bool = False,
        typed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        said = recorded()
        run = place(folder, next(e for e in said if isinstance(e, events.RunStarted)))
        super().__init__(
            folder, watch=run, recorded=True, ascii_only=ascii_only, typed=typed, clock=clock
        )
        self._folder = folder
        self.replay = RecordedRun(run, said, clock)

    def on_mount(self) -> None:
        self.replay.feed()
        self.set_interval(FEED_SECONDS, self.replay.feed)
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.terminal_gone)

    def on_dashboard_held(self) -> None:
        self.replay.hold()

    def on_unmount(self) -> None:
        self.replay.close()

    def terminal_gone(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        super().terminal_gone()
