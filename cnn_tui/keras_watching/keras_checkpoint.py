"""Saves the weights of a Keras model into the folder of its run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnn_tui.watching import obeying_text
from cnn_tui.watching.checkpoint_place import checkpoint_folder, sync
from cnn_tui.watching.command_source import CommandSource
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.script import Script

FILE = "script.weights.h5"
# Keras wants this ending, so the file that is not whole yet has it, too.
_UNFINISHED = "unfinished.weights.h5"


class KerasCheckpoint:
    """Writes weights and optimizer as `model.save_weights` does, durably and as a whole."""

    refusal = ""

    def __init__(self, model: Callable[[], Any], script: Script, channel: CommandSource) -> None:
        self._model, self._script, self._channel = model, script, channel

    def save(self, reason: str) -> dict[str, Any]:
        """Write the file; returns the event `Checkpointed`. Raises RefusalError."""
        began = time.monotonic()
        folder = checkpoint_folder(self._channel)
        try:
            size = self._write(folder)
        except OSError as error:
            raise RefusalError(obeying_text.not_saved(error)) from error
        seconds = round(time.monotonic() - began, 3)
        script, times = self._script, {"seconds": seconds, "stall": seconds}
        place = {"step": script.step, "epoch": script.epoch}
        saved = {"file": FILE, "bytes": size, "reason": reason}
        return {"type": "Checkpointed", **place, **saved, **times}

    def _write(self, folder: Path) -> int:
        folder.mkdir(exist_ok=True)
        unfinished, file = folder / _UNFINISHED, folder / FILE
        self._model().save_weights(unfinished)
        sync(unfinished)
        os.replace(unfinished, file)
        sync(folder)
        return file.stat().st_size
