"""The app of `cnn-tui demo`: it plays a recorded run and shows it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tui.app import CnnTui
from tui.viewer.event_source import EventSource
from tui.viewer.recorded_run import RecordedRun, create_folder, recording

FEED_SECONDS = 0.1


class Demo(CnnTui):
    """Plays the recording into a folder; the caller deletes it, or the app if it is ended."""

    def __init__(
        self,
        folder: Path,
        *,
        ascii_only: bool = False,
        typed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        recorded = recording()
        run = create_folder(folder, recorded)
        self._folder = folder
        self.replay = RecordedRun(run, recorded, clock)

        def follow() -> EventSource:
            from tui.viewer.recording_follower import RecordingFollower

            return RecordingFollower(run, self.replay.toggle_pause)

        super().__init__(
            folder, watch=follow, name=run.label, ascii_only=ascii_only, typed=typed, clock=clock
        )

    def on_mount(self) -> None:
        self.replay.feed()
        self.set_interval(FEED_SECONDS, self.replay.feed)

    def on_unmount(self) -> None:
        self.replay.close()

    def end_at_once(self, code: int) -> NoReturn:
        shutil.rmtree(self._folder, ignore_errors=True)
        super().end_at_once(code)
