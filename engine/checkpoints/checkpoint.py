"""Checkpoints: a file is either the old one or the new one, whole, whatever happens.

A checkpoint is a dict of plain values and tensors, so that loading it runs no code.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from engine.checkpoints import checkpoint_text
from engine.errors import RunError
from engine.run.durable_files import write_durably

FORMAT = 2


def copied(value: Any) -> Any:
    """A state, or a part of it, in the host's memory, where later steps do not change it.

    Tensors that share their memory no longer do. Waits for the device, and takes less time than
    `content`: 5 and 50 ms for a ResNet-18 with momentum.
    """
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        same = copy.copy(value)
        same.update((key, copied(part)) for key, part in value.items())
        return same
    return type(value)(map(copied, value)) if isinstance(value, list | tuple) else value


def content(state: dict[str, Any]) -> memoryview:
    """The state as the bytes of a checkpoint. Raises OSError where there is no memory for them."""
    # torch.save into a file would turn a full disk into a RuntimeError of its own.
    written = io.BytesIO()
    try:
        torch.save({"format": FORMAT, **state}, written)
    except (MemoryError, RuntimeError) as error:
        # Where a write fails in its midst, torch says that the container is broken.
        if isinstance(error, RuntimeError) and "inline_container" not in str(error):
            raise
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from error
    return written.getbuffer()


def write(path: Path, data: memoryview, before_rename: Callable[[], None]) -> int:
    """Write a checkpoint under this name: temporary file, fsync, rename, fsync of the folder.

    `before_rename` makes durable what the checkpoint refers to: the journal. Returns the size
    in bytes. Raises OSError; the file of that name is then the one before.
    """
    write_durably(path, data, before_rename)
    return len(data)


def save(path: Path, state: dict[str, Any], before_rename: Callable[[], None]) -> int:
    """Write the state under this name, as `write` does."""
    return write(path, content(state), before_rename)


@contextlib.contextmanager
def understood(path: Path) -> Iterator[None]:
    """Take over what a checkpoint holds; RunError where it lacks something or does not fit."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise RunError(checkpoint_text.bad_checkpoint(path)) from error


def load(path: Path) -> dict[str, Any]:
    """The state in a checkpoint of ours, on the processor. Raises RunError for any other file.

    One of another version is refused as such.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises a dozen kinds for a broken file
        raise RunError(checkpoint_text.bad_checkpoint(path)) from error
    if not isinstance(state, dict) or not isinstance(state.get("format"), int):
        raise RunError(checkpoint_text.bad_checkpoint(path))
    if state["format"] != FORMAT:
        raise RunError(checkpoint_text.other_version(path, newer=state["format"] > FORMAT))
    return state
