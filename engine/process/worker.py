"""The worker thread: it lives for the whole run, and only it computes with torch.

It takes events from a generator, hands each to the host, saves after each epoch, and obeys orders
between two steps. Every error ends in a `RunEnded` event, never in silence.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from engine import text
from engine.distributed.rank import Rank
from engine.errors import DataError, EngineError, RunError, UsageError
from engine.process import process_text, run_ending
from engine.process.anomaly_monitor import AnomalyMonitor
from engine.process.run_ending import EndReason, resume_setting
from engine.process.session import EventStream, Session
from engine.protocol import commands, events
from engine.protocol.commands import Command, Fail, Order, RollBack
from engine.protocol.events import Event
from engine.run import replies, run_text

if TYPE_CHECKING:  # this loads torch
    from engine.checkpoints.saver import SaveReason

OnNan: TypeAlias = Literal["auto", "pause", "stop", "rollback"]

# After this many rollbacks, another one would not help.
ROLLBACKS = 5
# The reason of a save by the id of its command; all other ids come from users.
REASONS: Mapping[str, SaveReason] = {commands.SIGNAL: "signal", commands.INTERVAL: "interval"}


class Outcome(NamedTuple):
    """How the run ended; `error` is a sentence for the user, or empty.

    `is_void` says that a user's mistake ended its first attempt before any step.
    `setting` is as in `RunEnded`.
    """

    reason: EndReason
    error: str = ""
    exit_code: int = 0
    setting: str = ""
    is_void: bool = False


class Worker(threading.Thread):
    """Trains one session; `append` writes an event to the journal.

    Its orders come through the rank, so that all ranks obey the same ones after the same step.
    """

    def __init__(
        self,
        session: Session,
        stream: EventStream,
        rank: Rank,
        append: Callable[[Event], object],
        on_nan: OnNan = "stop",
    ) -> None:
        super().__init__(name="worker", daemon=True)
        self.outcome = Outcome("failed", process_text.crashed("the worker never ran"), 1)
        self._session, self._stream, self._rank, self._append = session, stream, rank, append
        self._phase = events.Phase("starting")
        self._stop_order: commands.Stop | None = None
        self._paused = self._rolls_back = False
        self._on_nan, self._rollbacks = on_nan, 0
        self._anomalies = AnomalyMonitor()

    def run(self) -> None:
        """Train, and append the last event."""
        try:
            self._work()
            self.outcome = self._finished()
        except EngineError as error:
            is_mistake = isinstance(error, (UsageError, DataError))
            is_void = is_mistake and self._session.is_new
            setting = resume_setting(error)
            if is_mistake and not setting:
                self._session.take_back_recipe()
            self.outcome = Outcome("failed", str(error), error.exit_code, setting, is_void)
        except BaseException as error:  # noqa: BLE001 (whatever it is must become RunEnded)
            traceback.print_exc()
            self.outcome = self._crashed(error)
        self._session.close()
        with contextlib.suppress(EngineError):
            self._session.saver.wait()
            outcome = self.outcome
            self._append(self._session.ended(outcome.reason, outcome.error, outcome.setting))

    def _work(self) -> None:
        stream: EventStream | None = self._stream
        while stream is not None:
            with contextlib.closing(stream):
                stream = self._train(stream)
        if (
            self._stop_order is not None
            and self._stop_order.save
            and self._session.trainer is not None
        ):
            self._save(("last.pt", "stop"))
        failure = self._session.saver.wait()
        if failure:
            raise RunError(failure)

    def _crashed(self, error: BaseException) -> Outcome:
        """How a training ended that an error of the program or of the device has ended."""
        if not run_ending.is_out_of_memory(error):
            return Outcome("failed", self._session.explain(error), 1)
        try:
            self._append_refusal(self._session.save_without_memory(error))
        except RuntimeError:  # a save needs a little memory too: the last checkpoint stays
            traceback.print_exc()
        return Outcome("failed", self._session.explain(error), 1, self._session.smaller_parts)

    def _finished(self) -> Outcome:
        """How a training without an error of this rank ended.

        Where another rank fails, torchrun stops this one with the signal that a person would send.
        """
        if self._stop_order is None:
            return Outcome("stopped" if self._session.rests else "done")
        failure = self._rank.failure()
        return Outcome("failed", failure, 1) if failure else Outcome("stopped")

    def _train(self, stream: EventStream) -> EventStream | None:
        """Train until the end or a stop; returns the next stream where the run rolls back."""
        for event in stream:
            if event is not None:
                self._emit(event)
            if isinstance(event, events.EpochEnded):
                self._save_epoch(event)
            if isinstance(event, events.Alert) and event.code == events.NON_FINITE_LOSS:
                self._keep_broken_batch()
                self._rank.send(self._on_broken_loss(event))
            elif self._session.trainer and self._session.saver.is_due(self._session.step):
                self._rank.send(commands.Checkpoint(id=commands.INTERVAL, attempt=""))
            self._obey()
            if self._rolls_back:
                self._rolls_back = False
                return self._session.roll_back()
            if self._stop_order is not None:
                break
        return None

    def _emit(self, event: Event) -> None:
        if isinstance(event, events.Phase):
            self._phase = event
        self._append(event)
        for alert in self._anomalies.alerts(event):
            self._append(alert)

    # A loss that is not finite

    def _on_broken_loss(self, alert: events.Alert) -> Order:
        """The order that the recipe sets for a loss that is not finite."""
        may_roll_back = self._on_nan == "rollback" and self._rollbacks < ROLLBACKS
        if may_roll_back and self._session.saver.has_checkpoint:
            self._rollbacks += 1
            return RollBack()
        if self._on_nan == "pause":
            return commands.Pause(id="", attempt="")
        return Fail(alert.text)

    def _keep_broken_batch(self) -> None:
        if self._session.trainer is None:  # a rehearsal keeps nothing
            return
        try:
            self._session.saver.keep_broken_batch(self._session.trainer)
        except OSError as error:
            sentence = process_text.batch_not_kept(text.refused(error))
            self._append(events.Alert("warning", "batch", sentence))

    # Orders

    def _obey(self) -> None:
        """Obey all waiting orders; while paused, wait for more."""
        while (order := self._rank.next_order(wait=self._paused)) is not None:
            self._serve(order)
            if self._stop_order is not None or self._rolls_back:
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
                self._inspect(order)
            case commands.Steer():
                self._steer(order)
            case commands.Stop():
                self._stop_order = order
            case RollBack():
                self._rolls_back = True
            case Fail(sentence):
                raise RunError(sentence)

    def _checkpoint(self, command: Command) -> None:
        if self._session.trainer is not None:
            self._save(("last.pt", REASONS.get(command.id, "command")))
            return
        self._refuse(command, "checkpoint", process_text.nothing_to_save(self._phase.name))

    def _inspect(self, request: commands.Inspect) -> None:
        """Reply to an inspection; a refusal is a reply too, so that the viewer does not wait."""
        if not self._rank.leads:
            return
        trainer = self._session.trainer
        if trainer is not None:
            reply = trainer.inspector.reply(request, trainer.epoch, trainer.step)
        else:
            reply = self._refuse(request, "probe", process_text.nothing_to_show(self._phase.name))
        try:
            replies.write_reply(self._session.run, request.id, reply)
        except OSError as error:
            self._refuse(request, "probe", run_text.reply_failed(text.refused(error)))

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
        assert self._session.trainer is not None
        self._append_refusal(self._session.saver.save_epoch(self._session.trainer, ended))

    def _save(self, *files: tuple[str, SaveReason]) -> None:
        assert self._session.trainer is not None
        self._append_refusal(self._session.saver.save(self._session.trainer, *files))

    def _append_refusal(self, refusal: Event | None) -> None:
        """Append the alert of a refused save, if any."""
        if refusal is not None:
            self._append(refusal)
