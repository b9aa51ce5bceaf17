"""A Keras training obeys what a viewer asks for, between two steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnn_tui.keras_watching import keras_text
from cnn_tui.keras_watching.keras_checkpoint import save_weights
from cnn_tui.keras_watching.keras_inspector import InspectionError, KerasInspector
from cnn_tui.keras_watching.keras_rate import KerasRate, SteeringError
from cnn_tui.watching.channel import Channel
from cnn_tui.watching.script import Script

# How often a paused training looks whether its recorder still lives.
PAUSED_SECONDS = 1.0


class KerasOrders:
    """Serves the commands of one training; everything happens on the thread that trains."""

    def __init__(
        self, script: Script, channel: Channel, rate: KerasRate, inspector: KerasInspector
    ) -> None:
        self._script, self._channel = script, channel
        self._rate, self._inspector = rate, inspector
        self._paused = False

    def serve(self, model: Callable[[], Any]) -> float:
        """Obey what has come, and wait while paused. Returns the seconds of waiting."""
        commands = self._channel.commands()
        if not commands:
            return 0.0
        began, waited = time.monotonic(), False
        self._obey_all(model(), commands)
        while self._paused and self._channel.alive:
            waited = True
            self._channel.wait_for_command(PAUSED_SECONDS)
            self._obey_all(model(), self._channel.commands())
        self._paused = False
        return time.monotonic() - began if waited else 0.0

    def _obey_all(self, model: Any, commands: list[dict[str, Any]]) -> None:
        for command in commands:
            self._obey(model, command)

    def _obey(self, model: Any, command: dict[str, Any]) -> None:
        kind = command["type"]
        if kind == "Pause":
            self._pause()
        elif kind == "Continue":
            self._go_on()
        elif kind == "Checkpoint":
            self._save(model, command, "command")
        elif kind == "Stop":
            self._stop(model, command)
        elif kind == "Steer":
            self._steer(model, command)
        elif kind == "Probe":
            self._inspect(model, command)

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._send({"type": "Phase", "name": "paused"})

    def _go_on(self) -> None:
        if self._paused:
            self._paused = False
            self._send({"type": "Phase", "name": "training"})

    def _stop(self, model: Any, command: dict[str, Any]) -> None:
        if command.get("save", True):
            self._save(model, command, "stop")
        self._script.stopping = True
        self._paused = False
        model.stop_training = True

    def _save(self, model: Any, command: dict[str, Any], reason: str) -> None:
        recording, began = self._channel.recording(), time.monotonic()
        if recording is None:
            self._refuse(command, keras_text.NO_FOLDER)
            return
        try:
            file = save_weights(model, Path(recording.folder))
            size = file.stat().st_size
        except OSError as error:
            self._refuse(command, keras_text.not_saved(error))
            return
        seconds = time.monotonic() - began
        saved = {"file": file.name, "bytes": size, "reason": reason}
        times = {"seconds": seconds, "stall": seconds}
        self._send({"type": "Checkpointed", "epoch": self._script.epoch, **saved, **times})

    def _steer(self, model: Any, command: dict[str, Any]) -> None:
        lr, scale = command.get("lr"), command.get("scale")
        try:
            if command.get("epochs") is not None or (lr is None and scale is None):
                raise SteeringError(keras_text.EPOCHS_ARE_FIXED)
            now = self._rate.steer(model.optimizer, lr, scale)
        except SteeringError as error:
            self._refuse(command, str(error))
            return
        steered = {"factor": self._rate.factor, "lr": now, "epochs": self._script.epochs or 1}
        self._send({"type": "Steered", "command": command.get("id", ""), **steered})

    def _inspect(self, model: Any, command: dict[str, Any]) -> None:
        try:
            event = self._inspector.reply(model, command)
        except InspectionError as error:
            event = _alert(command, str(error))
        shown = {"step": self._script.step, **event}
        self._channel.send({"type": "Reply", "id": command["id"], "event": shown})

    def _refuse(self, command: dict[str, Any], sentence: str) -> None:
        self._send(_alert(command, sentence))

    def _send(self, event: dict[str, Any]) -> None:
        self._channel.send({"step": self._script.step, **event})


def _alert(command: dict[str, Any], sentence: str) -> dict[str, Any]:
    code = command["type"].lower()
    return {
        "type": "Alert",
        "level": "warning",
        "code": code,
        "text": sentence,
        "command": command.get("id", ""),
    }
