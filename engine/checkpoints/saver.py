"""Saves beside the training: the worker takes a snapshot, and a writer thread makes it durable.

The training waits only for the snapshot, a copy in memory. While the writer is busy, a new snapshot
replaces waiting ones, so that a slow disk delays checkpoints and never steps, and so that the
waiting snapshots take the memory of four at most.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from msgspec import UNSET

from engine.checkpoints import checkpoint, checkpoint_text, run_state
from engine.checkpoints.run_state import RunState
from engine.errors import EngineError
from engine.protocol import events
from engine.protocol.events import Event, MaybeMeasured
from engine.run import image_names, predictions_file, sightings_file
from engine.run.image_names import ImageNames
from engine.run.predictions_file import Predictions
from engine.run.run_paths import RunDir
from engine.run.sightings_file import SightingsFile

SaveReason: TypeAlias = Literal["epoch", "best", "interval", "command", "signal", "stop"]
# The file that a run resumes from.
LAST = "last.pt"
EPOCH_FILE = "epoch-{:04}.pt"
_EPOCH_NAME = re.compile(r"epoch-([0-9]{4,})\.pt")


class Snapshot(NamedTuple):
    """The state of a run after a step, in memory.

    `files` are the names to write the state under, each with its reason. `stall` is the time in
    seconds that the training waited for the snapshot. `predictions` are written after best.pt, and
    `sightings`, those of an epoch that has ended, before all.
    """

    files: tuple[tuple[str, SaveReason], ...]
    state: RunState
    epoch: int
    step: int
    stall: float
    top1: MaybeMeasured = UNSET
    predictions: Predictions | None = None
    sightings: SightingsFile | None = None

    @property
    def places(self) -> frozenset[str]:
        """Its files, all epochs counted as one. A newer snapshot for the same replaces it."""
        own = {"sightings"} if self.sightings is not None else set[str]()
        return frozenset(_EPOCH_NAME.sub("epoch", name) for name, _ in self.files) | own


class Unsaved(NamedTuple):
    """A file that was not written, and a sentence that says why."""

    path: Path
    why: str


class Writer:
    """Writes snapshots into a folder on its own thread, and reports each by `append`.

    `sync` makes the journal durable, since a checkpoint refers to it. `keep` is the number of
    newest epochs whose files are kept. `names` makes the names of the images, which are written
    before the first checkpoint; None keeps none.
    """

    def __init__(
        self,
        folder: Path,
        keep: int,
        sync: Callable[[], None],
        append: Callable[[Event], object],
        names: Callable[[], ImageNames] | None = None,
    ) -> None:
        self._folder, self._keep, self._sync, self._append = folder, keep, sync, append
        # None as soon as they are written.
        self._names = names
        self._run_dir = RunDir(folder.parent)
        self._changed = threading.Condition()
        self._waiting: list[Snapshot] = []
        self._writing = False
        self._failure = ""
        # Whether a save of the snapshot that is written, or the one before it, has told why.
        self._reason_told = False
        # The files beside the checkpoints whose last write failed.
        self._lacking: set[Path] = set()
        self._thread: threading.Thread | None = None

    def put(self, snapshot: Snapshot) -> None:
        """Write this snapshot soon; drops waiting ones that it makes outdated."""
        with self._changed:
            self._waiting = _not_outdated([*self._waiting, snapshot])
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()

    def wait(self) -> str:
        """Wait until all is written; returns the sentence of the last failure, or empty."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._writing)
            return self._failure

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                snapshot = self._waiting.pop(0)
                self._writing = True
            try:
                # The journal cannot be written either; the worker reports that itself.
                with contextlib.suppress(EngineError):
                    self._try(snapshot)
            finally:
                with self._changed:
                    self._writing = False
                    self._changed.notify_all()

    def _try(self, snapshot: Snapshot) -> None:
        try:
            self._write(snapshot)
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001 (else later saves would wait for this thread without end)
            traceback.print_exc()
            self._failed(checkpoint_text.save_crashed(error), snapshot.step)

    def _write(self, snapshot: Snapshot) -> None:
        self._reason_told = bool(self._failure)
        unsaved = self._write_names(), self._write_sightings(snapshot.sightings)
        for resumable, files in itertools.groupby(snapshot.files, lambda each: each[0] == LAST):
            state = snapshot.state if resumable else run_state.without_sightings(snapshot.state)
            self._write_state(snapshot, state, [*files])
        for file in unsaved:
            if file is not None and not self._reason_told:
                self._lacks(file.path, file.why, snapshot.step)
        self._prune()

    def _write_state(
        self, snapshot: Snapshot, state: RunState, files: Sequence[tuple[str, SaveReason]]
    ) -> None:
        """Write a state of the snapshot to some of its files."""
        try:
            content = checkpoint.content(run_state.to_plain(state))
        except OSError as error:
            self._failed(checkpoint_text.save_failed(files[0][0], error), snapshot.step)
            return
        for file, reason in files:
            began = time.monotonic()
            try:
                size = checkpoint.write(self._folder / file, content, self._sync)
            except OSError as error:
                self._failed(checkpoint_text.save_failed(file, error), snapshot.step)
                continue
            self._failure = ""
            seconds = time.monotonic() - began
            self._append(_checkpointed(snapshot, file, reason, size, seconds))
            if reason == "best" and snapshot.predictions is not None:
                self._write_predictions(snapshot.predictions)

    def _write_predictions(self, predictions: Predictions) -> None:
        """Write them beside the folder of the checkpoints.

        An engine that is killed before this has no last.pt of the epoch either: it takes the epoch
        again, and writes the same.
        """
        path = self._run_dir.predictions
        try:
            predictions_file.write(path, predictions)
            self._lacking.discard(path)
        except OSError as error:
            self._lacks(path, checkpoint_text.predictions_not_saved(error), predictions.step)

    def _write_names(self) -> Unsaved | None:
        """Write them once; after an error, the next save tries again."""
        if self._names is None:
            return None
        path = self._run_dir.image_names
        try:
            image_names.keep(self._run_dir, self._names())
            self._names = None
        except OSError as error:
            return Unsaved(path, checkpoint_text.names_not_saved(error))
        return None

    def _write_sightings(self, sightings: SightingsFile | None) -> Unsaved | None:
        """Write them before the last.pt of their epoch, for the same reason."""
        if sightings is None:
            return None
        path = self._run_dir.sightings
        try:
            sightings_file.write(path, sightings)
            self._lacking.discard(path)
        except OSError as error:
            return Unsaved(path, checkpoint_text.sightings_not_saved(error))
        return None

    def _lacks(self, path: Path, sentence: str, step: int) -> None:
        """Report that a file was not written, unless the write before failed too."""
        if path not in self._lacking:
            self._append(events.Alert("error", "save", sentence, step=step))
        self._lacking.add(path)

    def _failed(self, sentence: str, step: int) -> None:
        """Report the failure, unless the save before failed too."""
        failed, self._failure, self._reason_told = self._failure, sentence, True
        if not failed:
            self._append(events.Alert("error", "save", sentence, step=step))

    def _prune(self) -> None:
        """Delete the files of all but the newest epochs."""
        try:
            names = os.listdir(self._folder)
        except OSError:  # it was moved away since the save: the next one says so
            return
        found = map(_EPOCH_NAME.fullmatch, names)
        epochs = sorted((int(name[1]), name[0]) for name in found if name)
        for _, old in epochs[: max(0, len(epochs) - self._keep)]:
            with contextlib.suppress(OSError):
                (self._folder / old).unlink()


def _not_outdated(snapshots: list[Snapshot]) -> list[Snapshot]:
    """The snapshots, oldest first, without those for whose places there are newer ones.

    At most one is left for each place: last, best, epoch and the sightings.
    """
    kept: list[Snapshot] = []
    taken: frozenset[str] = frozenset()
    for snapshot in reversed(snapshots):
        if not snapshot.places <= taken:
            kept.insert(0, snapshot)
            taken |= snapshot.places
    return kept


def _checkpointed(
    snapshot: Snapshot, file: str, reason: SaveReason, size: int, seconds: float
) -> events.Checkpointed:
    return events.Checkpointed(
        file,
        snapshot.epoch,
        size,
        seconds,
        reason,
        snapshot.top1,
        snapshot.stall,
        step=snapshot.step,
    )
