"""The worker thread: the only one that computes with torch, alive for the whole run.

It draws events from one generator, hands each to the host, saves where an epoch has ended, and
obeys commands between two steps. Whatever goes wrong becomes `RunEnded`, never silence.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import traceback
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from engine import commands, events, text
from engine.commands import Command
from engine.errors import EngineError, RunError, UsageError
from engine.events import Event
from engine.saving import EPOCH_FILE, SaveReason
from engine.session import Life, Session
from engine.text import LOSS_BROKEN

Reason: TypeAlias = Literal["done", "stopped", "failed"]
OnNan: TypeAlias = Literal["auto", "pause", "stop", "rollback"]

# A run that goes back so often does not get better by it.
ROLLBACKS = 5


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
        on_nan: OnNan = "stop",
    ) -> None:
        super().__init__(name="worker", daemon=True)
        self.outcome = Outcome("failed", text.crashed("the worker never ran"), 1)
        self._session, self._life, self._inbox, self._append = session, life, inbox, append
        self._phase = events.Phase("starting")
        self._last_word: commands.Stop | None = None
        self._paused = False
        self._on_nan, self._rollbacks = on_nan, 0

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
        self._session.close()
        with contextlib.suppress(EngineError):
            self._session.settle()
            ended = self._session.ended(self.outcome.reason, self.outcome.error)
            self._append(ended)

    def _work(self) -> None:
        life: Life | None = self._life
        while life is not None:
            with contextlib.closing(life):
                life = self._live(life)
        trained = self._session.trainer is not None
        if self._last_word is not None and self._last_word.save and trained:
            self._save(("last.pt", "stop"))
        failure = self._session.settle()
        if failure and self._last_word is not None:
            raise RunError(failure)

    def _live(self, life: Life) -> Life | None:
        """Train to the end or to the last word; returns another life where the run goes back."""
        for event in life:
            if event is not None:
                self._emit(event)
                if isinstance(event, events.EpochEnded):
                    self._save_epoch(event)
                if isinstance(event, events.Alert) and event.code == LOSS_BROKEN:
                    self._keep_batch()
                    if self._on_broken_loss(event):
                        return self._session.again()
            self._save_between()
            self._obey()
            if self._last_word is not None:
                break
        return None

    # A loss that is not a number

    def _on_broken_loss(self, alert: events.Alert) -> bool:
        """Do what the recipe says; returns whether to go back to the last checkpoint."""
        if self._on_nan == "rollback" and self._session.can_go_back and self._rollbacks < ROLLBACKS:
            self._rollbacks += 1
            return True
        if self._on_nan == "pause":
            self._serve(commands.Pause(id="", attempt=""))
            return False
        raise RunError(alert.text)

    def _keep_batch(self) -> None:
        try:
            self._session.keep_batch()
        except OSError as error:
            self._append(events.Alert("warning", "batch", text.batch_not_kept(text.reason(error))))

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
            self._save(("last.pt", reason))
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
        files: list[tuple[str, SaveReason]] = [("best.pt", "best")] if ended.best else []
        if self._session.keeps_epochs:
            files.append((EPOCH_FILE.format(ended.epoch), "epoch"))
        self._save(*files, ("last.pt", "epoch"), ended=ended)

    def _save_between(self) -> None:
        """Save where the recipe asks for it more often than every epoch."""
        if self._session.save_is_due():
            self._save(("last.pt", "interval"))

    def _save(self, *files: tuple[str, SaveReason], ended: events.EpochEnded | None = None) -> None:
        """Save under these names beside the training, or say why not."""
        refused = self._session.save(*files, ended=ended)
        if refused is not None:
            self._append(refused)
