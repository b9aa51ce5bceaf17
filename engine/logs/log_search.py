"""Finds logs of other programs: what a path is, and which logs lie below a folder.

A walk is bounded, because somebody may name a home folder: by depth, entries and time. It enters
each folder once, however many links lead there.
"""

from __future__ import annotations

import itertools
import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from engine import regular_files, text
from engine.errors import RunError
from engine.log_names import LogKind, kind_of_file
from engine.logs import search_text, table_kinds
from engine.logs.log_grouping import one_log_each
from engine.natural_order import natural

DEEPEST = 12
MOST_ENTRIES = 200_000
MOST_SECONDS = 3.0
# Folders of packages and caches hold many files and no logs; hidden ones are left out, too.
NEVER_ENTERED = frozenset({"node_modules", "site-packages", "__pycache__"})


class FoundLog(NamedTuple):
    """A log: a folder with event files, an event file, or a table.

    `bytes` and `written_at` (unix seconds) are those of all its files.
    """

    path: Path
    kind: LogKind
    bytes: int
    written_at: float


class FoundLogs(NamedTuple):
    """The logs below a folder, in the natural order of paths; `whole` says that it was all seen."""

    logs: tuple[FoundLog, ...]
    whole: bool


class _File(NamedTuple):
    """A file that belongs to a log."""

    path: Path
    bytes: int
    written_at: float


def find(path: Path, clock: Callable[[], float] = time.monotonic) -> FoundLogs:
    """The log that a path is, or all logs below it.

    Raises RunError if it is none and holds none, or cannot be read.
    """
    try:
        status = os.stat(path)
    except OSError as error:
        raise RunError(search_text.unreadable(path, text.reason(error))) from error
    if not stat.S_ISDIR(status.st_mode):
        kind = kind_of_file(path.name)
        if kind is None or not stat.S_ISREG(status.st_mode):
            raise RunError(search_text.no_log_file(path))
        _check_readable(path)
        return FoundLogs((FoundLog(path, kind, status.st_size, status.st_mtime),), whole=True)
    found = below(path, clock)
    if not found.logs:
        raise RunError(search_text.no_log_folder(path, whole=found.whole))
    return found


def _check_readable(file: Path) -> None:
    try:
        regular_files.open_to_read(file).close()
    except OSError as error:
        raise RunError(search_text.unreadable(file, text.reason(error))) from error


def below(folder: Path, clock: Callable[[], float] = time.monotonic) -> FoundLogs:
    """All logs in a folder and below it. Raises RunError if the folder itself cannot be read."""
    walk = _Walk(clock)
    events, tables = list[_File](), list[_File]()
    for file in walk.files(folder):
        match kind_of_file(file.path.name):
            case "tensorboard":
                events.append(file)
            case "table" if table_kinds.looks_like_log(file.path):
                tables.append(file)
    logs = [*_event_logs(events), *(FoundLog(t.path, "table", *t[1:]) for t in tables)]
    return FoundLogs(tuple(sorted(logs, key=_order)), walk.whole)


def _order(log: FoundLog) -> tuple[list[list[tuple[int, int, str]]], FoundLog]:
    """A folder stands before what is in it."""
    return [*map(natural, log.path.parts)], log


def _event_logs(files: Iterable[_File]) -> Iterator[FoundLog]:
    """The event files, grouped by the folder that is one log."""
    by_folder: dict[Path, list[_File]] = {}
    for file in files:
        by_folder.setdefault(file.path.parent, []).append(file)
    logs: dict[Path, list[_File]] = {one: [] for one in one_log_each(by_folder)}
    for folder, inside in by_folder.items():
        log = next(one for one in (folder, *folder.parents) if one in logs)
        logs[log] += inside
    for log, inside in logs.items():
        newest = max(file.written_at for file in inside)
        yield FoundLog(log, "tensorboard", sum(file.bytes for file in inside), newest)


class _Walk:
    """Visits the files below a folder that may be logs, those of upper folders first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.whole = True
        self._clock, self._deadline = clock, clock() + MOST_SECONDS
        self._left = MOST_ENTRIES
        self._seen: set[tuple[int, int]] = set()

    def files(self, folder: Path) -> Iterator[_File]:
        waiting = deque([(folder, 0)])
        while waiting:
            inside, depth = waiting.popleft()
            for entry in self._entries(inside, is_first=depth == 0):
                if self._clock() > self._deadline or not self._left:
                    self.whole = False
                    return
                status = _status(entry)
                if status is None:
                    continue
                path = inside / entry.name
                if stat.S_ISREG(status.st_mode):
                    yield _File(path, status.st_size, status.st_mtime)
                elif self._enters(entry.name, status):
                    self.whole &= depth < DEEPEST
                    if depth < DEEPEST:
                        waiting.append((path, depth + 1))

    def _entries(self, folder: Path, *, is_first: bool) -> list[os.DirEntry[str]]:
        """The entries of a folder, as far as the bounds allow; none of a run's folder."""
        try:
            with os.scandir(folder) as found:
                entries = [*itertools.islice(found, self._left)]
                self.whole &= next(found, None) is None
        except OSError as error:
            if is_first:
                raise RunError(search_text.unreadable(folder, text.reason(error))) from error
            return []
        self._left -= len(entries)
        if any(entry.name == "recipe.toml" for entry in entries):
            return []
        return sorted(entries, key=lambda entry: entry.name)

    def _enters(self, name: str, status: os.stat_result) -> bool:
        """Whether a folder is entered: each one once."""
        known = (status.st_dev, status.st_ino)
        if name.startswith(".") or name in NEVER_ENTERED or known in self._seen:
            return False
        self._seen.add(known)
        return True


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """The status of a folder, or of a file that may be a log; None for all else."""
    try:
        if not entry.is_dir() and (kind_of_file(entry.name) is None or not entry.is_file()):
            return None
        return entry.stat()
    except OSError:  # a link in circles, or a file that has gone
        return None
