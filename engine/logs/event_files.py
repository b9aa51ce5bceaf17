"""Reads a log of TensorBoard as events: all event files of a folder and its subfolders.

The files are merged by the time of their rows. Every point counts. What is void after a restart is
left out (`superseded_points.py`): where that is found too late, all is read again.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import force_setattr

from engine import text
from engine.errors import RunError
from engine.logs import event_file_text as words
from engine.logs import event_folder, search_text
from engine.logs.event_file_rows import FollowedFile
from engine.logs.event_records import PART_BYTES, FileReplacedError
from engine.logs.learnt import Learnt
from engine.logs.log_reader import LogNews, end_of
from engine.logs.row_block import RowBlock
from engine.logs.row_events import RowEvents
from engine.protocol.events import Watched
from engine.protocol.step_columns import LogEvent
from engine.recipes.watched_recipe import Setting
from engine.text import harmless

LOG = "TensorBoard"
# Of many files, smaller parts are read, so that what waits for its turn takes little memory.
SMALLEST_PART = 1 << 14
# After a look at the folders, it rests for so many times as long as that took.
LOOK_REST = 100
# Reading all again may take one part in so many of the time.
REREAD_SHARE = 50


class EventFileReader:
    """Follows the log in a folder, or one event file."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._clock, self._now = clock, now
        self._files: dict[Path, FollowedFile] = {}
        self._learnt = Learnt()
        self._settings: dict[str, Setting] = {}
        self._rows: RowEvents | None = None
        self._seq = 0
        self._is_behind = False
        # Whether what was told is wrong by now, and when all may be read again.
        self._is_outdated = False
        self._may_reread_at = 0.0
        self._may_look_at = 0.0
        self._reread_from: float | None = None

    @property
    def label(self) -> str:
        return end_of(self.path)

    @property
    def read_share(self) -> float:
        sizes = [(each.records.size, each.records.offset, each.ended) for each in self._every]
        known = sum(size for size, _, _ in sizes)
        read = sum(size if ended else offset for size, offset, ended in sizes)
        return read / known if known else 1.0

    @property
    def written_at(self) -> float:
        return max((each.records.written_at for each in self._every), default=0.0)

    @property
    def _every(self) -> list[FollowedFile]:
        return [*self._files.values()]

    def read(self, seconds: float) -> LogNews:
        """As `LogReader.read`. Raises RunError if there is no log."""
        deadline = self._clock() + seconds
        anew = False
        if not self._is_behind:
            if self._clock() >= self._may_look_at:
                self._look_for_files()
            anew = self._must_begin_again
            if anew:
                self._begin_again()
        try:
            events = self._read_until(deadline)
        except FileReplacedError:
            self._files.clear()
            self._look_for_files()
            self._begin_again()
            return LogNews([], anew=True, more=True)
        if self._rows is not None and self._rows.outdated:
            self._learnt = self._rows.learnt
            self._begin_again()
            return LogNews([], anew=True, more=True)
        for event in events:
            self._seq += 1
            force_setattr(event, "seq", self._seq)
        return LogNews(events, anew, self._is_behind or self._must_begin_again)

    def _look_for_files(self) -> None:
        began = self._clock()
        try:
            paths = event_folder.event_files(self.path)
        except OSError as error:
            if self._files:
                return  # it was deleted: what was read of it stays
            raise RunError(search_text.unreadable(self.path, text.reason(error))) from None
        if not paths and not self._files:
            raise RunError(words.no_event_files(self.path))
        now = self._clock()
        self._may_look_at = now + LOOK_REST * (now - began)
        root = self.path if self.path.is_dir() else self.path.parent
        for path in paths:
            if path not in self._files:
                folder = path.parent.relative_to(root).as_posix().removeprefix(".")
                self._files[path] = FollowedFile(
                    path, partial(event_folder.curve_name, folder=folder)
                )

    @property
    def _must_begin_again(self) -> bool:
        """Whether what was told is wrong, and all may be read again by now."""
        return self._is_outdated and self._clock() >= self._may_reread_at

    def _begin_again(self) -> None:
        self._rows, self._seq = None, 0
        self._is_outdated, self._is_behind = False, True
        self._reread_from = self._clock()
        for file in self._every:
            file.begin_again()

    def _read_until(self, deadline: float) -> list[LogEvent]:
        """The events up to the end of all files, or until the time is over."""
        events: list[LogEvent] = []
        self._is_behind = True
        while self._has_filled(deadline):
            ready = [
                (file.rows[0].time, at, file) for at, file in enumerate(self._every) if file.rows
            ]
            if not ready:
                self._is_behind = False
                for file in self._every:
                    self._take_alerts(file, events)
                break
            self._take_rows(ready, deadline, events)
            if self._clock() >= deadline or self._is_misunderstood:
                break
        if not self._is_behind and self._reread_from is not None:
            now = self._clock()
            self._may_reread_at = now + REREAD_SHARE * (now - self._reread_from)
            self._reread_from = None
        return events

    @property
    def _is_misunderstood(self) -> bool:
        return self._rows is not None and self._rows.outdated

    def _has_filled(self, deadline: float) -> bool:
        """Read on in each file without waiting rows; False if the time was over before that."""
        most = max(SMALLEST_PART, PART_BYTES // max(1, len(self._files)))
        has_read = False
        for file in self._every:
            while not file.rows:
                if has_read and self._clock() >= deadline:
                    return False
                self._read_part(file, most)
                if file.ended:
                    break
                has_read = True
        return True

    def _read_part(self, file: FollowedFile, most: int) -> None:
        known, settings = file.steps.read_to, len(file.settings)
        self._is_outdated |= file.read(self._now(), most)
        if file.steps.read_to > known:
            self._is_outdated |= self._has_new_limits(file)
        if len(file.settings) > settings:
            self._settings |= file.settings
            self._is_outdated |= self._rows is not None

    def _has_new_limits(self, file: FollowedFile) -> bool:
        """Note what new points make void; whether such points have been read."""
        overtaken = [newer for newer in self._every if file in newer.older]
        for newer in overtaken:
            newer.older.discard(file)
            newer.beside.add(file)
        if overtaken:  # both grow at the same time, so it was not void
            file.steps.unlimit()
        limited = [older.steps.limit_by(file.steps) for older in file.older]
        return any(limited) or bool(overtaken)

    def _begin(self, file: FollowedFile) -> None:
        """The first row of a file: whatever had ended before it in its folder is older."""
        file.has_begun = True
        file.older = {
            other
            for other in self._every
            if other.path.parent == file.path.parent
            and other.has_begun
            and other is not file
            and other not in file.beside
            and other.ended
            and not other.rows
        }
        for older in file.older:
            self._is_outdated |= older.steps.limit_by(file.steps)

    def _take_rows(
        self, ready: list[tuple[float, int, FollowedFile]], deadline: float, events: list[LogEvent]
    ) -> None:
        """Take rows in the order of their times, until a file must be read on."""
        heapq.heapify(ready)
        while ready:
            _, at, file = heapq.heappop(ready)
            if not file.has_begun:
                self._begin(file)
            self._take_until(ready[0][0] if ready else math.inf, file, events)
            if file.rows:
                heapq.heappush(ready, (file.rows[0].time, at, file))
            elif not file.ended:
                return
            if self._clock() >= deadline or self._is_misunderstood:
                return

    def _take_until(self, end: float, file: FollowedFile, events: list[LogEvent]) -> None:
        """Take the first row of a file, and all of them up to this time."""
        while True:
            block = file.rows.popleft()
            is_later = block.times[1:] > end
            count = 1 + int(is_later.argmax()) if is_later.any() else block.size
            taken, rest = block.split(count)
            events += self._told(file, taken)
            if rest.size:
                file.rows.appendleft(rest)
            if not file.rows or file.rows[0].time > end:
                break
        self._take_alerts(file, events)

    def _told(self, file: FollowedFile, rows: RowBlock) -> list[LogEvent]:
        if not file.tells_no_step:
            return self._row_events.add_rows(rows)
        told = (rows.row(at) for at in range(rows.size))
        return [e for _, time, values in told for e in self._row_events.add(None, time, values)]

    def _take_alerts(self, file: FollowedFile, events: list[LogEvent]) -> None:
        if file.alerts:
            events += self._row_events.started(file.alerts[0].time)
            events += file.alerts
            file.alerts.clear()

    @property
    def _row_events(self) -> RowEvents:
        if self._rows is None:
            program = harmless(self.path.absolute().name)
            watched = Watched(program=program, log=LOG, settings=self._settings)
            self._rows = RowEvents(watched, self._learnt)
        return self._rows
