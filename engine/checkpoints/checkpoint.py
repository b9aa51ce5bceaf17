"""Writes and loads the files of checkpoints.

Under its name a file is always whole: either the old one or the new one. It holds a dict of plain
values and tensors, so that loading it runs no code.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine import regular_files
from engine.checkpoints import checkpoint_text, foreign_file, format_2, format_3, run_state
from engine.checkpoints.run_state import RunState
from engine.errors import RunError
from engine.run.durable_files import write_durably
from engine.text import reason

# What turns the content of an older format into the next one.
CONVERSIONS = {format_2.FORMAT: format_2.to_format_3, format_3.FORMAT: format_3.to_format_4}
# The errors of a dict that lacks something, and of a state that belongs to another model.
UNFIT = (KeyError, TypeError, ValueError, AttributeError, RuntimeError)


def content(plain: Mapping[str, Any]) -> memoryview:
    """The bytes of a file with this dict. Raises OSError where there is no memory for them."""
    # torch.save into a file would turn a full disk into a RuntimeError of its own.
    written = io.BytesIO()
    try:
        torch.save(plain, written)
    except (MemoryError, RuntimeError) as error:
        # PyTorch reports a write that fails halfway as a broken container.
        if isinstance(error, RuntimeError) and "inline_container" not in str(error):
            raise
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from error
    return written.getbuffer()


def write(path: Path, data: memoryview, before_rename: Callable[[], None]) -> int:
    """Write a file under this name: temporary file, fsync, rename, fsync of the folder.

    `before_rename` makes the journal durable, since a checkpoint refers to it. Returns the size in
    bytes. Raises OSError; the old file then keeps its name.
    """
    write_durably(path, data, before_rename)
    return len(data)


@contextlib.contextmanager
def fits(path: Path) -> Iterator[None]:
    """Turn errors inside into RunError: the checkpoint does not fit the run."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except UNFIT as error:
        raise RunError(checkpoint_text.does_not_fit(path, error)) from error


def plain_content(path: Path) -> Any:
    """What PyTorch loads from a file as plain values and tensors, on the CPU.

    Raises RunError where the file cannot be opened, and ValueError where it cannot be loaded so.
    """
    try:
        regular_files.open_to_read(path).close()  # torch would wait for a FIFO
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise RunError(checkpoint_text.unreadable(path, reason(error))) from error
    except Exception as error:  # torch raises a dozen kinds for a broken file
        raise ValueError(str(error)) from error


def is_own(content: object) -> bool:
    """Whether the content of a file is that of a checkpoint of this program."""
    return isinstance(content, dict) and isinstance(content.get("format"), int)


def _refused(path: Path, what: str) -> RunError:
    """The error for a file that is no checkpoint; `what` says what it is, or is empty."""
    if _is_damaged(path):
        return RunError(checkpoint_text.damaged(path))
    if what:
        return RunError(checkpoint_text.foreign_checkpoint(path, what))
    return RunError(checkpoint_text.bad_checkpoint(path))


def _is_damaged(path: Path) -> bool:
    """Whether a zip archive holds what its check sums deny; PyTorch does not look at them."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is not None
    except zipfile.BadZipFile:  # no archive at all, or only a part of one
        return False
    except Exception:  # noqa: BLE001 (zipfile raises a dozen kinds for broken entries)
        return True


def load(path: Path) -> RunState:
    """The state in a checkpoint, on the CPU. Raises RunError for any other file, or a damaged one.

    Converts formats 2 and 3, and refuses other formats.
    """
    try:
        plain = plain_content(path)
    except ValueError as error:
        raise _refused(path, foreign_file.kind_of(path)) from error
    if not is_own(plain):
        raise _refused(path, content_of(plain))
    if _is_damaged(path):
        raise RunError(checkpoint_text.damaged(path))
    return state_in(plain, path)


def content_of(loaded: object) -> str:
    """What a file of another program holds, in words; empty if it says nothing."""
    if not isinstance(loaded, Mapping) or not loaded:
        return ""
    if "pytorch-lightning_version" in loaded:
        return checkpoint_text.LIGHTNING
    if all(isinstance(value, Tensor) for value in loaded.values()):
        return checkpoint_text.WEIGHTS_ALONE
    return checkpoint_text.other_keys([str(key) for key in loaded])


def state_in(plain: dict[str, Any], path: Path) -> RunState:
    """The state in the content of this program's checkpoint. Raises RunError for other formats."""
    if plain["format"] not in (*CONVERSIONS, run_state.FORMAT):
        newer = plain["format"] > run_state.FORMAT
        raise RunError(checkpoint_text.other_version(path, newer=newer))
    try:
        while plain["format"] in CONVERSIONS:
            plain = CONVERSIONS[plain["format"]](plain)
        return run_state.from_plain(plain)
    except UNFIT as error:
        raise RunError(checkpoint_text.bad_checkpoint(path)) from error
