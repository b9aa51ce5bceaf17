"""The worker thread: the only one that computes with torch, alive for the whole run.

It draws events from one generator, hands each to the host, saves where an epoch has ended, and
obeys commands between two steps. Whatever goes wrong becomes `RunEnded`, never silence.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from engine import text
from engine.checkpoints.saver import EPOCH_FILE, SaveReason
from engine.distributed.ranks import World
from engine.errors import EngineError, RunError, UsageError
from engine.process import process_text
from engine.process.anomaly_monitor import AnomalyMonitor
from engine.process.session import EventStream, Session
from engine.protocol import commands, events
from engine.protocol.commands import Command, GiveUp, GoBack, Order
from engine.protocol.events import Event
from engine.text import LOSS_BROKEN

Reason: TypeAlias = Literal["done", "stopped", "failed"]
OnNan: TypeAlias = Literal["auto", "pause", "stop", "rollback"]

# A run that goes back so often does not get better by it.
ROLLBACKS = 5
# Why a checkpoint is asked for, by who asks; any other command is a person's.
REASONS: Mapping[str, SaveReason] = {commands.SIGNAL: "signal", commands.INTERVAL: "interval"}


class Outcome(NamedTuple):
    """How the run ended: `error` is a sentence for people, empty where nothing went wrong."""

    reason: Reason
    error: str = ""
    exit_code: int = 0


class Worker(threading.Thread):
    """Trains one session; `append` writes an event to the journal.

    What it does between two steps it does by an order from the world, so that all ranks do it.
    """

    def __init__(
        self,
        session: Session,
        life: EventStream,
        world: World,
        append: Callable[[Event], object],
        on_nan: OnNan = "stop",
    ) -> None:
        super().__init__(name="worker", daemon=True)
        self.outcome = Outcome("failed", process_text.crashed("the worker never ran"), 1)
        self._session, self._life, self._world, self._append = session, life, world, append
        self._phase = events.Phase("starting")
        self._last_word: commands.Stop | None = None
        self._paused = self._goes_back = False
        self._on_nan, self._rollbacks = on_nan, 0
        self._watch = AnomalyMonitor()

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
        life: EventStream | None = self._life
        while life is not None:
            with contextlib.closing(life):
                life = self._live(life)
        trained = self._session.trainer is not None
        if self._last_word is not None and self._last_word.save and trained:
            self._save(("last.pt", "stop"))
        failure = self._session.settle()
        if failure:
            raise RunError(failure)

    def _live(self, life: EventStream) -> EventStream | None:
        """Train to the end or to the last word; returns another life where the run goes back."""
        for event in life:
            if event is not None:
                self._emit(event)
                if isinstance(event, events.EpochEnded):
                    self._save_epoch(event)
            if isinstance(event, events.Alert) and event.code == LOSS_BROKEN:
                self._keep_batch()
                self._world.put(self._on_broken_loss(event))
            elif self._session.save_is_due():
                self._world.put(commands.Checkpoint(id=commands.INTERVAL, attempt=""))
            self._obey()
            if self._goes_back:
                self._goes_back = False
                return self._session.again()
            if self._last_word is not None:
                break
        return None

    # A loss that is not a number

    def _on_broken_loss(self, alert: events.Alert) -> Order:
        """What the recipe says is to be done."""
        if self._on_nan == "rollback" and self._session.can_go_back and self._rollbacks < ROLLBACKS:
            self._rollbacks += 1
            return GoBack()
        if self._on_nan == "pause":
            return commands.Pause(id="", attempt="")
        return GiveUp(alert.text)

    def _keep_batch(self) -> None:
        try:
            self._session.keep_batch()
        except OSError as error:
            self._append(
                events.Alert("warning", "batch", process_text.batch_not_kept(text.reason(error)))
            )

    def _emit(self, event: Event) -> None:
        if isinstance(event, events.Phase):
            self._phase = event
        self._append(event)
        for alert in self._watch.of(event):
            self._append(alert)

    # Commands

    def _obey(self) -> None:
        """Serve every order that waits; while paused, wait for more."""
        while (order := self._world.take(wait=self._paused)) is not None:
            self._serve(order)
            if self._last_word is not None or self._goes_back:
                return

    def _serve(self, order: Order) -> None:
        match order:
            case commands.Pause() if not self._paused:
                self._paused = True
                self._append(events.Phase("paused", step=self._session.step))
            case commands.Continue() if self._paused:
                self._paused = False
                self._append(events.Phase(self._phase.name, step=self._session.step))
            case commands.Checkpoint():
                self._checkpoint(order)
            case commands.Inspect():
                self._probe(order)
            case commands.Steer():
                self._steer(order)
            case commands.Stop():
                self._last_word = order
            case GoBack():
                self._goes_back = True
            case GiveUp(sentence):
                raise RunError(sentence)

    def _checkpoint(self, command: Command) -> None:
        if self._session.trainer is not None:
            self._save(("last.pt", REASONS.get(command.id, "command")))
            return
        self._refuse(command, "checkpoint", process_text.nothing_to_save(self._phase.name))

    def _probe(self, command: commands.Inspect) -> None:
        try:
            if self._session.trainer is not None:
                self._session.answer(command)
            else:
                why = self._refuse(command, "probe", process_text.nothing_to_show(self._phase.name))
                self._session.decline(command, why)
        except OSError as error:
            self._refuse(command, "probe", process_text.answer_failed(text.reason(error)))

    def _steer(self, command: commands.Steer) -> None:
        if self._session.trainer is None:
            self._refuse(command, "steer", process_text.nothing_to_steer(self._phase.name))
            return
        try:
            self._append(self._session.trainer.steer(command))
        except UsageError as error:
            self._refuse(command, "steer", str(error))

    def _refuse(self, command: Command, code: str, sentence: str) -> events.Alert:
        refusal = events.Alert("warning", code, sentence, command=command.id)
        self._append(refusal)
        return refusal

    # Saving

    def _save_epoch(self, ended: events.EpochEnded) -> None:
        files: list[tuple[str, SaveReason]] = [("best.pt", "best")] if ended.best else []
        if self._session.keeps_epochs:
            files.append((EPOCH_FILE.format(ended.epoch), "epoch"))
        self._save(*files, ("last.pt", "epoch"), ended=ended)

    def _save(self, *files: tuple[str, SaveReason], ended: events.EpochEnded | None = None) -> None:
        """Save under these names beside the training, or say why not."""
        refused = self._session.save(*files, ended=ended)
        if refused is not None:
            self._append(refused)
