"""The checkpoint that a script writes of itself, and goes on from.

It holds tensors and plain values alone, so loading it runs no code.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from cnn_tui.watching import obeying_text
from cnn_tui.watching.checkpoint_place import checkpoint_folder, sync
from cnn_tui.watching.command_source import CommandSource
from cnn_tui.watching.plain_state import load_into, plain
from cnn_tui.watching.rate_steering import RateSteering
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.resumed_batches import ResumedBatches
from cnn_tui.watching.script import Script
from cnn_tui.watching.unwrapping import unwrapped

NAME, FORMAT = "script.pt", 1
# The user alone may read such a file.
PRIVATE = 0o600


class CheckpointError(Exception):
    """A checkpoint cannot be loaded: `str` is one sentence that says why and what to do."""


class ScriptCheckpoint:
    """Saves what a script gave to `watch`, and loads it."""

    def __init__(
        self,
        script: Script,
        channel: CommandSource,
        optimizers: Sequence[Any],
        steering: RateSteering,
        batches: ResumedBatches,
    ) -> None:
        self._script, self._channel, self._batches = script, channel, batches
        self._optimizers, self._steering = [*optimizers], steering

    @property
    def refusal(self) -> str:
        script = self._script
        given = script.model is not None or script.on_checkpoint is not None
        return "" if given else obeying_text.NOTHING_TO_SAVE

    # Saving

    def save(self, reason: str) -> dict[str, Any]:
        """Write the file; returns the event `Checkpointed`.

        Raises RefusalError, and keeps the old file. Waits for the device. The training stands still
        until the file is durable.
        """
        if self.refusal:
            raise RefusalError(self.refusal)
        began = time.monotonic()
        path = checkpoint_folder(self._channel) / NAME
        file, size = self._own_file(path)
        content = self._position(file)
        if not file:
            content.update(self._states())
        try:
            written = _write(path, content)
        except (OSError, RuntimeError) as error:
            raise RefusalError(obeying_text.not_saved(error)) from error
        return {
            "type": "Checkpointed",
            "step": self._script.step,
            "epoch": self._script.epoch if self._script.batch else self._script.ended_epochs,
            "file": file or NAME,
            "bytes": size or written,
            "seconds": round(time.monotonic() - began, 3),
            "stall": round(time.monotonic() - began, 3),
            "reason": reason,
        }

    def _own_file(self, path: Path) -> tuple[str, int]:
        """The file that `on_checkpoint` wrote, and its size; nothing without one."""
        save = self._script.on_checkpoint
        if save is None:
            return "", 0
        try:
            path.parent.mkdir(exist_ok=True)
            own = path.with_name("own.pt")
            said = save(own) if inspect.signature(save).parameters else save()
            file = Path(said) if isinstance(said, (str, os.PathLike)) else own
            return str(file.absolute()), file.stat().st_size if file.is_file() else 0
        except Exception as error:
            raise RefusalError(obeying_text.on_checkpoint_failed(error)) from error

    def _position(self, file: str) -> dict[str, Any]:
        script = self._script
        return {
            "format": FORMAT,
            "file": file,
            "step": script.step,
            "ended_epochs": script.ended_epochs,
            "epochs": script.epochs,
            "best": script.best,
            "steering": self._steering.state(),
            "batches": self._batches.state(),
        }

    def _states(self) -> dict[str, Any]:
        return {name: plain(one.state_dict(), name) for name, one in self._parts()}

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """Whatever has a state, by its name in the file."""
        if self._script.model is not None:
            yield "model", unwrapped(self._script.model)
        for index, optimizer in enumerate(self._optimizers):
            yield f"optimizer {index}" if index else "optimizer", optimizer
        for name, one in self._script.state.items():
            yield f"state[{name!r}]", one

    # Loading

    def load(self, path: Path, load: Callable[[Path], object] | None = None) -> None:
        """Go back to the state of this file.

        `load` loads a file of `on_checkpoint`. Raises CheckpointError.
        """
        content = _read(path)
        self._check_position(path, content)
        if content["file"]:
            if load is None:
                raise CheckpointError(obeying_text.own_file(content["file"]))
            load(Path(content["file"]))
        else:
            self._load_parts(path, content)
        self._steering.load_state(content["steering"])
        script = self._script
        script.step, script.ended_epochs = content["step"], content["ended_epochs"]
        script.epoch, script.best = script.ended_epochs + 1, content["best"]
        self._batches.resume(content["batches"])

    def _check_position(self, path: Path, content: dict[str, Any]) -> None:
        """Raise CheckpointError unless the file says where the training was, as `save` does."""
        mine = self._position("")
        for part in ("", "steering", "batches"):
            wanted, found = (mine[part], content.get(part)) if part else (mine, content)
            if not isinstance(found, dict) or not wanted.keys() <= found.keys():
                raise CheckpointError(obeying_text.incomplete(path))

    def _load_parts(self, path: Path, content: Mapping[str, Any]) -> None:
        parts = dict(self._parts())
        missing = [name for name in parts if name not in content]
        if missing:
            raise CheckpointError(obeying_text.lacks(path, missing))
        for name, one in parts.items():
            try:
                load_into(one, content[name])
            except Exception as error:
                raise CheckpointError(obeying_text.does_not_fit(path, name, error)) from error


def _write(path: Path, content: dict[str, Any]) -> int:
    """Replace the file as a whole, so that it survives a power cut; returns its bytes."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    sync(path.parent)
    return buffer.getbuffer().nbytes


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}")
    except Exception as error:
        raise CheckpointError(obeying_text.not_loaded(path, error)) from error
    return content
