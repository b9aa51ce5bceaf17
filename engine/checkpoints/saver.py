"""Saving beside the training: the worker takes a snapshot, a writer thread makes it durable.

The training waits for the snapshot only, a copy in memory. Of snapshots that wait for the writer
the newest of a kind counts, so that a slow disk delays checkpoints and never the steps.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from msgspec import UNSET

from engine.checkpoints import checkpoint, checkpoint_text, run_state
from engine.checkpoints.run_state import RunState
from engine.errors import EngineError
from engine.protocol import events
from engine.protocol.events import Event, Unmeasured

SaveReason: TypeAlias = Literal["epoch", "best", "interval", "command", "signal", "stop"]
EPOCH_FILE = "epoch-{:04}.pt"


class Snapshot(NamedTuple):
    """A run as it was after a step, in memory.

    `files` are the names to write its `state` under, each with why; `stall` is how long the
    training waited for it, in seconds.
    """

    files: tuple[tuple[str, SaveReason], ...]
    state: RunState
    epoch: int
    step: int
    stall: float
    top1: Unmeasured = UNSET


class Writer:
    """Writes snapshots into a folder, in a thread of its own, and tells of each by `append`.

    `sync` makes durable what a checkpoint refers to; `keep` is how many epochs keep a file.
    """

    def __init__(
        self,
        folder: Path,
        keep: int,
        sync: Callable[[], None],
        append: Callable[[Event], object],
    ) -> None:
        self._folder, self._keep, self._sync, self._append = folder, keep, sync, append
        self._changed = threading.Condition()
        self._waiting: list[Snapshot] = []
        self._writing = False
        self._failure = ""
        self._thread: threading.Thread | None = None

    def put(self, snapshot: Snapshot) -> None:
        """Have this written; one for the same files that still waits is dropped."""
        with self._changed:
            kept = [other for other in self._waiting if other.files != snapshot.files]
            self._waiting = [*kept, snapshot]
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()

    def wait(self) -> str:
        """Until all is written; returns the sentence of what failed last, else nothing."""
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
                # The journal may be what the disk has no room for: the worker will hear of it.
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
        except Exception as error:  # noqa: BLE001 (later saves would wait for this thread for ever)
            traceback.print_exc()
            self._failed(checkpoint_text.save_crashed(error), snapshot.step)

    def _write(self, snapshot: Snapshot) -> None:
        try:
            content = checkpoint.content(run_state.to_plain(snapshot.state))
        except OSError as error:
            self._failed(checkpoint_text.save_failed(snapshot.files[0][0], error), snapshot.step)
            return
        for file, why in snapshot.files:
            began = time.monotonic()
            try:
                size = checkpoint.write(self._folder / file, content, self._sync)
            except OSError as error:
                self._failed(checkpoint_text.save_failed(file, error), snapshot.step)
                continue
            self._failure = ""
            seconds = time.monotonic() - began
            self._append(_told(snapshot, file, why, size, seconds))
        self._prune()

    def _failed(self, sentence: str, step: int) -> None:
        """Say so, unless the save before failed too."""
        failed, self._failure = self._failure, sentence
        if not failed:
            self._append(events.Alert("error", "save", sentence, step=step))

    def _prune(self) -> None:
        """Delete all but the newest epochs' files."""
        files = sorted(self._folder.glob(EPOCH_FILE.format(0).replace("0000", "*")))
        for old in files[: max(0, len(files) - self._keep)]:
            with contextlib.suppress(OSError):
                old.unlink()


def _told(
    snapshot: Snapshot, file: str, why: SaveReason, size: int, seconds: float
) -> events.Checkpointed:
    return events.Checkpointed(
        file,
        snapshot.epoch,
        size,
        seconds,
        why,
        snapshot.top1,
        snapshot.stall,
        step=snapshot.step,
    )
