"""The worker thread: the only one that computes with torch, alive for the whole run.

It draws events from one generator, hands each to the host, saves where an epoch has ended, and
obeys commands between two steps. Whatever goes wrong becomes `RunEnded`, never silence.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from msgspec import UNSET

from engine import commands, events, text
from engine.commands import Command
from engine.errors import EngineError, RunError, UsageError
from engine.events import Event
from engine.session import Life, Session

Reason: TypeAlias = Literal["done", "stopped", "failed"]
SaveReason: TypeAlias = Literal["epoch", "best", "command", "signal", "stop"]


class Outcome(NamedTuple):
    """How the run ended: `error` is a sentence for people, empty where nothing went wrong."""

    reason: Reason
    error: str = ""
    exit_code: int = 0


class Worker(threading.Thread):
    """Trains one session; `append` writes an event to the journal."""

    def __init__(
        self,
        session: Session,
        life: Life,
        inbox: queue.SimpleQueue[Command],
        append: Callable[[Event], object],
    ) -> None:
        super().__init__(name="worker", daemon=True)
        self.outcome = Outcome("failed", text.crashed("the worker never ran"), 1)
        self._session, self._life, self._inbox, self._append = session, life, inbox, append
        self._phase = events.Phase("starting")
        self._last_word: commands.Stop | None = None
        self._paused = False

    def run(self) -> None:
        """The thread: work, then say how it ended."""
        try:
            self._work()
            self.outcome = Outcome("done" if self._last_word is None else "stopped")
        except EngineError as error:
            self.outcome = Outcome("failed", str(error), error.exit_code)
        except Exception as error:  # noqa: BLE001 (a crash must become RunEnded, not silence)
            traceback.print_exc()
            self.outcome = Outcome("failed", self._session.explain(error), 1)
        with contextlib.suppress(EngineError):
            ended = self._session.ended(self.outcome.reason, self.outcome.error)
            self._append(ended)

    def _work(self) -> None:
        with contextlib.closing(self._life):
            for event in self._life:
                if event is not None:
                    self._emit(event)
                    if isinstance(event, events.EpochEnded):
                        self._save_epoch(event)
                self._obey()
                if self._last_word is not None:
                    break
        trained = self._session.trainer is not None
        if self._last_word is not None and self._last_word.save and trained:
            failure = self._save("last.pt", "stop")
            if failure:
                raise RunError(failure)

    def _emit(self, event: Event) -> None:
        if isinstance(event, events.Phase):
            self._phase = event
        self._append(event)

    # Commands

    def _obey(self) -> None:
        """Serve every command that waits; while paused, wait for more."""
        while True:
            try:
                command = self._inbox.get(block=self._paused)
            except queue.Empty:
                return
            self._serve(command)
            if self._last_word is not None:
                return

    def _serve(self, command: Command) -> None:
        match command:
            case commands.Pause() if not self._paused:
                self._paused = True
                self._append(events.Phase("paused", step=self._session.step))
            case commands.Continue() if self._paused:
                self._paused = False
                self._append(events.Phase(self._phase.name, step=self._session.step))
            case commands.Checkpoint():
                self._checkpoint(command)
            case commands.Probe():
                self._probe(command)
            case commands.Steer():
                self._steer(command)
            case commands.Stop():
                self._last_word = command

    def _checkpoint(self, command: Command) -> None:
        if self._session.trainer is not None:
            reason: SaveReason = "signal" if command.id == commands.SIGNAL else "command"
            self._save("last.pt", reason)
            return
        self._refuse(command, "checkpoint", text.nothing_to_save(self._phase.name))

    def _probe(self, command: commands.Probe) -> None:
        if self._session.trainer is None:
            self._refuse(command, "probe", text.nothing_to_show(self._phase.name))
            return
        try:
            self._session.answer(command)
        except OSError as error:
            self._refuse(command, "probe", text.answer_failed(text.reason(error)))

    def _steer(self, command: commands.Steer) -> None:
        if self._session.trainer is None:
            self._refuse(command, "steer", text.nothing_to_steer(self._phase.name))
            return
        try:
            self._append(self._session.trainer.steer(command))
        except UsageError as error:
            self._refuse(command, "steer", str(error))

    def _refuse(self, command: Command, code: str, sentence: str) -> None:
        self._append(events.Alert("warning", code, sentence, command=command.id))

    # Saving

    def _save_epoch(self, ended: events.EpochEnded) -> None:
        if ended.best:
            self._save("best.pt", "best", ended)
        self._save("last.pt", "epoch", ended)

    def _save(self, file: str, reason: SaveReason, ended: events.EpochEnded | None = None) -> str:
        """Save under this name, or say that it failed; the training goes on either way.

        `ended` is the epoch that the checkpoint closes, where it is not in the midst of one.
        Returns the sentence of a failure, else nothing.
        """
        began = time.monotonic()
        try:
            size = self._session.save(file)
        except OSError as error:
            sentence = text.save_failed(file, text.reason(error))
            self._append(events.Alert("error", "save", sentence, step=self._session.step))
            return sentence
        seconds = time.monotonic() - began
        epoch, step = ended.epoch if ended else self._session.epoch, self._session.step
        top1 = ended.top1 if ended else UNSET
        self._append(events.Checkpointed(file, epoch, size, seconds, reason, top1, step=step))
        return ""
