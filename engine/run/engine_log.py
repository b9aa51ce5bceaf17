"""Reads `engine.log`, which holds stdout and stderr of the engine process.

The process that started an engine adds a line if a signal ended it: only the parent learns that.
"""

from __future__ import annotations

import contextlib
import os
from typing import BinaryIO

from engine import regular_files
from engine.errors import EngineError
from engine.run import run_text
from engine.run.run_paths import RunDir

TAIL_BYTES = 4096
_OURS = "cnn-tui: "


def last_line(run: RunDir) -> str:
    """The last line of the log that is not blank; "" if there is none."""
    return next(iter(_last_lines(run, 0)), "")


def add_signal(run: RunDir, number: int) -> None:
    """Write that this signal ended the engine. Ignores a log that cannot be written."""
    add(run, run_text.ended_by_signal(number))


def add_error(run: RunDir, error: EngineError) -> None:
    """Write why no engine was started. Ignores a log that cannot be written."""
    add(run, str(error))


def add(run: RunDir, sentence: str) -> None:
    """Write a sentence of this program. Ignores a log that cannot be written."""
    with contextlib.suppress(OSError), open_to_append(run) as log:
        log.write(f"{_OURS}{sentence}\n".encode())


def open_to_append(run: RunDir) -> BinaryIO:
    """The log, which is made if it is not there. Raises OSError where it cannot be written."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    return open(regular_files.open_descriptor(run.log, flags), "ab")


def last_words(run: RunDir, start: int) -> str:
    """How the engine ended that wrote from this byte on; "" if the log does not say.

    That is the signal that ended it, else its last line.
    """
    lines = [line.removeprefix(_OURS) for line in _last_lines(run, start)]
    by_signal = (line for line in lines if line.startswith((run_text.KILLED, run_text.CRASHED)))
    return next(by_signal, lines[0] if lines else "")


def _last_lines(run: RunDir, start: int) -> list[str]:
    """The last lines from this byte on, last first, without blank ones and what came after."""
    with contextlib.suppress(OSError), regular_files.open_to_read(run.log) as log:
        log.seek(max(start, log.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = log.read().decode(errors="replace").split("\n")
        later = f"{_OURS}{run_text.AT_END}"
        told = (line.strip() for line in reversed(lines) if not line.startswith(later))
        return [line for line in told if line]
    return []
