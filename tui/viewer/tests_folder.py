"""Notices new results of tests in the folder of a run."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.run import kept_tests
from engine.run.kept_tests import DataTest
from engine.run.run_paths import RunDir

# A look at the folder is one `stat`, at most so often.
LOOK_SECONDS = 2.0


class KeptTests:
    """The results that a run keeps; reads them again when the folder has changed."""

    def __init__(self, run: RunDir, clock: Callable[[], float] = time.monotonic) -> None:
        self.found: tuple[DataTest, ...] = ()
        """The newest first."""
        self._run, self._clock = run, clock
        self._next_look = self._changed = 0.0

    def update(self) -> bool:
        """Look at the folder if that is due; returns whether there are other results now."""
        now = self._clock()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_SECONDS
        try:
            changed = self._run.tests.stat().st_mtime
        except OSError:
            changed = 0.0
        if changed == self._changed:
            return False
        self._changed, before = changed, self.found
        self.found = kept_tests.read_all(self._run)
        return self.found != before
