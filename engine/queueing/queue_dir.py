"""The paths of a queue.

runs/.queue/
  queue.json  lock  journal.jsonl  runner.lock  runner.log
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class QueueDir(NamedTuple):
    """The paths of the queue of a runs folder."""

    runs_dir: Path

    @property
    def path(self) -> Path:
        return self.runs_dir / ".queue"

    @property
    def tasks(self) -> Path:
        return self.path / "queue.json"

    @property
    def lock(self) -> Path:
        """Held while the tasks are changed."""
        return self.path / "lock"

    @property
    def journal(self) -> Path:
        """What the runner has done."""
        return self.path / "journal.jsonl"

    @property
    def runner_lock(self) -> Path:
        """Held while the runner lives."""
        return self.path / "runner.lock"

    @property
    def runner_log(self) -> Path:
        """The output of the runner."""
        return self.path / "runner.log"
