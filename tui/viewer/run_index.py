"""An index of the runs of a folder, so that only runs that have changed are read again.

It is a file in the user's cache folder, which can be deleted at any time. A summary is kept with
the stamps of the files that it was read from. It counts as long as each of them has the same stamp,
and the run the same liveness. What else a summary says is looked up each time: where the run is,
whether it waits in the queue, and why an engine died.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from engine.queueing import queue_file
from engine.run import run_liveness, run_search
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.lock_owner import boot_id, read_owner
from engine.run.run_liveness import Liveness
from engine.run.run_paths import RunDir
from engine.start import engine_death
from tui.viewer import index_file, run_summary
from tui.viewer.file_stamps import ABSENT, Stamp, inode_of, is_racy, stamp_of
from tui.viewer.index_file import ANY_BOOT, KeptRun
from tui.viewer.run_summary import RunSummary

LOCK, JOURNAL, RECIPE, NOTES = "engine.lock", "journal.jsonl", "recipe.toml", "notes.toml"


class _Look(NamedTuple):
    """A run at the beginning of a look: whether it is live, and the stamp of its lock."""

    label: str
    lock: Stamp
    liveness: Liveness


class _Stamps(NamedTuple):
    """The stamps of the files that a summary is read from."""

    lock: Stamp
    journal: Stamp
    recipe: Stamp
    notes: Stamp


class _Followed(NamedTuple):
    """The history of a live run, which grows with its journal."""

    inode: int
    reader: JournalReader
    history: History


class RunIndex:
    """The summaries of the runs of a folder, which may be asked for again and again.

    It serves one thread at a time; another one that asks waits until the first one has read, or
    closed its stream. `clock` is that of the file system, in nanoseconds.
    """

    def __init__(
        self,
        runs_dir: Path,
        cache_folder: Path | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._runs_dir, self._clock = runs_dir, clock
        self._file = index_file.path_for(runs_dir, cache_folder)
        self._kept: dict[str, KeptRun] | None = None
        # Summaries that are decoded, and the live runs among them.
        self._known: dict[str, RunSummary] = {}
        self._followed: dict[str, _Followed] = {}
        self._is_saved = True
        self._queued: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def rows(self) -> list[RunSummary]:
        """Live runs first, then the newest. Raises RunError if the folder cannot be read."""
        return [*self.stream()]

    def stream(self) -> Generator[RunSummary, None, None]:
        """The same runs in the same order, each as soon as it is known.

        What was read is kept, also if the caller stops early.
        """
        with self._lock:
            began = self._clock()
            self._queued = queue_file.queued(self._runs_dir)
            labels = run_search.labels(self._runs_dir)
            self._forget_others(labels)
            try:
                for look in self._live_first(labels):
                    if (found := self._summary(look, began)) is not None:
                        yield self._in_queue_or_not(look.label, found)
            finally:
                self._save()

    @property
    def _runs(self) -> dict[str, KeptRun]:
        if self._kept is None:
            self._kept = index_file.read(self._file)
        return self._kept

    def _forget_others(self, labels: Sequence[str]) -> None:
        """Forget runs that are no longer there."""
        for label in self._runs.keys() - {*labels}:
            self._forget(label)

    def _forget(self, label: str) -> None:
        self._known.pop(label, None)
        self._followed.pop(label, None)
        if self._runs.pop(label, None) is not None:
            self._is_saved = False

    def _save(self) -> None:
        if not self._is_saved:
            index_file.write(self._file, self._runs)
            self._is_saved = True

    def _live_first(self, labels: Sequence[str]) -> list[_Look]:
        looks = [self._look(label) for label in labels]
        return sorted(looks, key=lambda look: look.liveness != "live")

    def _look(self, label: str) -> _Look:
        lock = stamp_of(f"{self._runs_dir}/{label}/{LOCK}")
        kept = self._runs.get(label)
        if kept is not None and kept.lock == lock and self._stays_gone(label, kept):
            return _Look(label, lock, "gone")
        return _Look(label, lock, run_liveness.liveness(self._run(label)))

    def _stays_gone(self, label: str, kept: KeptRun) -> bool:
        """Whether no engine can hold a run, whose lock is as it was."""
        if kept.boot in (ANY_BOOT, boot_id()):
            return True
        return kept.over and kept.journal == stamp_of(f"{self._runs_dir}/{label}/{JOURNAL}")

    def _run(self, label: str) -> RunDir:
        return RunDir(self._runs_dir / label)

    def _summary(self, look: _Look, began: int) -> RunSummary | None:
        """The summary of a run; None if that is no run, or no longer one."""
        label = look.label
        journal, recipe, notes = (
            stamp_of(f"{self._runs_dir}/{label}/{name}") for name in (JOURNAL, RECIPE, NOTES)
        )
        if recipe == ABSENT:
            self._forget(label)
            return None
        kept = self._runs.get(label)
        stamps = _Stamps(look.lock, journal, recipe, notes)
        if kept is not None and _fits(kept, stamps, look.liveness):
            return self._as_kept(label, kept)
        return self._read(look, stamps, began)

    def _in_queue_or_not(self, label: str, found: RunSummary) -> RunSummary:
        """The summary with what no file of the run says: whether the run waits in the queue."""
        waits = found.state in run_summary.AT_REST and label in self._queued
        return replace(found, state="queued") if waits else found

    def _as_kept(self, label: str, kept: KeptRun) -> RunSummary:
        found = self._known.get(label)
        if found is None:
            found = replace(index_file.decode(kept.summary), path=str(self._runs_dir / label))
            self._known[label] = found
        return replace(found, error=engine_death.sentence(self._run(label))) if kept.died else found

    def _read(self, look: _Look, stamps: _Stamps, began: int) -> RunSummary:
        """Read a run, and keep what was read unless its files may change without a trace."""
        run = self._run(look.label)
        followed = _followed_on(run, self._followed.get(look.label), inode=inode_of(stamps.journal))
        found = run_summary.summary_of(run, followed.history, look.liveness)
        self._forget(look.label)
        if look.liveness == "live":
            self._followed[look.label] = followed
        if not any(is_racy(stamp, began) for stamp in stamps):
            died = found.state == "failed" and followed.history.ended is None
            bare = replace(found, path="", error="" if died else found.error)
            boot, over = _gone_for_good(run) if look.liveness == "gone" else ("", False)
            encoded = index_file.encode(bare)
            kept = KeptRun(*stamps, look.liveness, boot, over, died, encoded)
            self._runs[look.label], self._is_saved = kept, False
        return found


def _fits(kept: KeptRun, stamps: _Stamps, liveness: Liveness) -> bool:
    before = _Stamps(kept.lock, kept.journal, kept.recipe, kept.notes)
    return before == stamps and kept.liveness == liveness


def _gone_for_good(run: RunDir) -> tuple[str, bool]:
    """The boot in which the lock proves that a run is gone, and whether its end proves it, too.

    In this boot, a free lock is a proof. From another boot or machine, it is none: see
    `run_liveness`.
    """
    owner = read_owner(run)
    if owner is None:
        return ANY_BOOT, False
    return owner.boot if owner.boot == boot_id() else "", run_liveness.has_ended_since(run, owner)


def _followed_on(run: RunDir, before: _Followed | None, inode: int) -> _Followed:
    """The history of a run. To that of a live one, only what is new is added: it may be long."""
    if before is None or before.inode != inode:
        before = _Followed(inode, JournalReader(run.journal), History())
    return before._replace(history=run_summary.folded_on(before.history, before.reader))
