"""Follows a recorded run while it is played back."""

from __future__ import annotations

from collections.abc import Callable

from engine.run.run_paths import RunDir
from tui.viewer import viewer_text
from tui.viewer.run_follower import RunFollower


class RecordingFollower(RunFollower):
    """Follows the folder into which a run is played; no engine takes commands."""

    refusal = viewer_text.RECORDING
    selector = ""
    run = None

    def __init__(self, folder: RunDir, hold: Callable[[], bool]) -> None:
        super().__init__(folder)
        self.hold = hold
