"""A source of events: whatever a viewer can show, from a run folder to another program's log."""

from __future__ import annotations

from typing import Protocol

from engine.run.history import History
from engine.run.run_liveness import Liveness
from engine.run.run_paths import RunDir
from tui.viewer.journal_folding import HistoryUpdate


class EventSource(Protocol):
    """Follows one training and folds its events; `update` reads what is new.

    Run folders, those of watched scripts among them, are followed by `RunFollower`, and the logs of
    other programs by `LogFollower`.
    """

    @property
    def label(self) -> str:
        """What the screen calls the training."""

    @property
    def run(self) -> RunDir | None:
        """The run folder, which takes commands; None for a log, which is only read."""

    @property
    def history(self) -> History:
        """What was read so far."""

    @property
    def liveness(self) -> Liveness:
        """Whether a process that writes the events is known to live."""

    def update(self) -> HistoryUpdate:
        """Read new events for one slice of time at most."""
