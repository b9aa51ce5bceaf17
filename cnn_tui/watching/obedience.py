"""Obeys what a person asks of a watched script, on the thread that trains, between two steps."""

from __future__ import annotations

from typing import Any, Protocol

from cnn_tui.watching import obeying_text
from cnn_tui.watching.command_source import CommandSource
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.script import Script

# A paused script looks this often whether its recorder is there.
WAIT_SECONDS = 1.0
# The same bound as that of the engine's runs.
MOST_EPOCHS = 1_000_000
# The code of the alert about a refused command of this type.
CODES = {"Checkpoint": "checkpoint", "Steer": "steer", "Probe": "probe", "Stop": "stop"}


class Steering(Protocol):
    """Changes the learning rate, see `RateSteering`."""

    factor: float

    @property
    def refusal(self) -> str: ...

    def steer(self, lr: float | None, scale: float | None, sure: bool = False) -> float: ...

    def rate(self) -> float: ...


class Checkpoint(Protocol):
    """Saves the training, see `ScriptCheckpoint`."""

    @property
    def refusal(self) -> str: ...

    def save(self, reason: str) -> dict[str, Any]: ...


class Inspected(Protocol):
    """Replies to `Inspect`, see `InspectedScript`."""

    def reply(self, command: dict[str, Any]) -> dict[str, Any]: ...


class Obedience:
    """Serves the commands of one script. None of them can end its training but `Stop`."""

    def __init__(
        self,
        script: Script,
        channel: CommandSource,
        steering: Steering,
        checkpoint: Checkpoint,
        inspected: Inspected,
    ) -> None:
        self._script, self._channel = script, channel
        self._steering, self._checkpoint, self._inspected = steering, checkpoint, inspected
        self._paused = False
        # Whether the end of the epoch, at which the loop ends, is saved.
        self.saves_at_end = False
        self.phase = "training"

    def refusals(self) -> dict[str, str]:
        """Why a command of a type cannot be obeyed, for those that cannot.

        `Epochs` is the part of `Steer` that changes their number.
        """
        script = self._script
        stops = script.drives_epochs or script.drives_batches
        found = {
            "Checkpoint": self._checkpoint.refusal,
            "Stop": "" if stops else obeying_text.CANNOT_STOP,
            "Probe": "" if script.model is not None else obeying_text.NO_MODEL,
            "Steer": "" if script.drives_epochs else self._cannot_steer_rate(),
            "Epochs": "" if script.drives_epochs else obeying_text.EPOCHS_NOT_OURS,
        }
        return {command: sentence for command, sentence in found.items() if sentence}

    def _cannot_steer_rate(self) -> str:
        return self._steering.refusal if self._script.optimizer else obeying_text.NO_OPTIMIZER

    def serve(self) -> None:
        """Obey all commands that have come; while paused, wait for more."""
        self._serve_all()
        while self._paused and self._channel.alive and not self._script.stopping:
            self._channel.wait_for_command(WAIT_SECONDS)
            self._serve_all()
        self._paused = False

    def _serve_all(self) -> None:
        for command in self._channel.commands():
            try:
                self._serve(command)
            except RefusalError as refusal:
                self._refuse(command, str(refusal))
            except Exception as error:  # noqa: BLE001 (a key must not end a training)
                self._refuse(command, obeying_text.not_obeyed(error))

    def _serve(self, command: dict[str, Any]) -> None:
        kind = command["type"]
        if kind == "Pause" and not self._paused:
            self._paused = True
            self._enter("paused")
        elif kind == "Continue" and self._paused:
            self._paused = False
            self._enter(self.phase)
        elif kind == "Checkpoint":
            self.save("command")
        elif kind == "Steer":
            self._steer(command)
        elif kind == "Stop":
            self._stop(command)
        elif kind == "Probe" and self._script.leads:
            self._send_reply(command, self._inspected.reply(command))

    def _enter(self, phase: str) -> None:
        self._send({"type": "Phase", "name": phase, "step": self._script.step})

    def enter(self, phase: str) -> None:
        """Tell the phase that the training is in from now on."""
        self.phase = phase
        self._enter(phase)

    def save(self, reason: str) -> None:
        """Write a checkpoint, and tell it. Raises RefusalError."""
        if self._script.leads:
            self._send(self._checkpoint.save(reason))
        elif self._script.on_other_ranks is not None:
            self._script.on_other_ranks()

    def _stop(self, command: dict[str, Any]) -> None:
        script = self._script
        if not script.drives_batches and not script.drives_epochs:
            raise RefusalError(obeying_text.CANNOT_STOP)
        # First, so that all ranks stop, even if the one that saves fails.
        script.stopping = True
        if self._paused:
            self._enter(self.phase)
        self.saves_at_end = bool(command.get("save", True)) and not self._checkpoint.refusal
        if script.drives_batches:
            self.save_at_end()
        else:
            self.tell("info", "stop", obeying_text.STOPS_AFTER_EPOCH)

    def save_at_end(self) -> None:
        """Save what a stop has asked to be saved, once."""
        if self.saves_at_end:
            self.saves_at_end = False
            self._save_last()

    def _save_last(self) -> None:
        """A stop that cannot save stops all the same."""
        try:
            self.save("stop")
        except RefusalError as refusal:
            self.tell("error", "save", str(refusal))

    def _steer(self, command: dict[str, Any]) -> None:
        lr, scale, epochs = (command.get(name) for name in ("lr", "scale", "epochs"))
        if lr is None and scale is None and epochs is None:
            raise RefusalError(obeying_text.STEERED_NOTHING)
        if epochs is not None:
            self._check_epochs(epochs)
        if lr is not None or scale is not None:
            if not self._script.optimizer:
                raise RefusalError(obeying_text.NO_OPTIMIZER)
            self._steering.steer(lr, scale, bool(command.get("sure")))
        if epochs is not None:
            self._script.epochs = epochs
        self._tell_steering(command)

    def _check_epochs(self, epochs: int) -> None:
        script = self._script
        if not script.drives_epochs:
            raise RefusalError(obeying_text.EPOCHS_NOT_OURS)
        if epochs > MOST_EPOCHS:
            raise RefusalError(obeying_text.too_many_epochs(MOST_EPOCHS))
        if epochs < script.epoch:
            raise RefusalError(obeying_text.too_few_epochs(epochs, script.epoch))

    def _tell_steering(self, command: dict[str, Any]) -> None:
        script, steering = self._script, self._steering
        self._send(
            {
                "type": "Steered",
                "step": script.step,
                "factor": steering.factor,
                "scale": steering.factor,
                "lr": 0.0 if steering.refusal or not script.optimizer else steering.rate(),
                "epochs": script.epochs or script.epoch,
                "command": command["id"],
            }
        )

    def _refuse(self, command: dict[str, Any], sentence: str) -> None:
        """Answer by an alert, which is the reply to an inspection, so that nobody waits for it."""
        code = CODES.get(command["type"], "command")
        alert = self._alert("warning", code, sentence)
        alert["command"] = command["id"]
        if command["type"] == "Probe":
            self._send_reply(command, alert)
        else:
            self._send(alert)

    def tell(self, level: str, code: str, sentence: str) -> None:
        """Send an alert."""
        self._send(self._alert(level, code, sentence))

    def _alert(self, level: str, code: str, sentence: str) -> dict[str, Any]:
        step = self._script.step
        return {"type": "Alert", "level": level, "code": code, "text": sentence, "step": step}

    def _send_reply(self, command: dict[str, Any], event: dict[str, Any]) -> None:
        self._send({"type": "Reply", "id": command["id"], "event": event})

    def _send(self, event: dict[str, Any]) -> None:
        if self._script.leads:
            self._script.send(event)
