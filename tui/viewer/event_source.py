"""A source of events: whatever a viewer can show, from a run folder to another program's log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.protocol.events import EpochEnded
from engine.run.history import History
from engine.run.kept_tests import DataTest
from engine.run.run_liveness import Liveness
from engine.run.run_paths import RunDir
from tui.viewer.journal_folding import HistoryUpdate


class EventSource(Protocol):
    """Follows one training and folds its events; `update` reads what is new.

    Run folders, those of watched scripts among them, are followed by `RunFollower`, the recorded
    run of the demo by `RecordingFollower`, and the logs of other programs by `LogFollower`.
    """

    @property
    def label(self) -> str:
        """What the screen calls the training."""

    @property
    def selector(self) -> str:
        """What `cnn-tui attach` takes to show it again; empty if it cannot be shown again."""

    @property
    def run(self) -> RunDir | None:
        """The run folder, which takes commands; None for what is only shown."""

    @property
    def refusal(self) -> str:
        """The sentence that it is only shown; empty if it takes commands."""

    @property
    def hold(self) -> Callable[[], bool] | None:
        """Pauses what is played back, or lets it go on; False at its end.

        None where nothing is played back.
        """

    @property
    def history(self) -> History:
        """What was read so far."""

    @property
    def tests(self) -> tuple[DataTest, ...]:
        """The results of tests that are kept with it, the newest first."""

    @property
    def liveness(self) -> Liveness:
        """Whether a process that writes the events is known to live."""

    def silence(self, now: float) -> str:
        """The word for a source that is silent at this time; empty if it is not."""

    def why_not_live(self) -> str:
        """The sentence that nothing writes its events, or that it is silent; empty if no news."""

    def past(self, ended: EpochEnded) -> History:
        """What is known of the network at the end of a past epoch."""

    def update(self) -> HistoryUpdate:
        """Read new events for one slice of time at most."""
