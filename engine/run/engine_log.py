"""Reads `engine.log`, which holds stdout and stderr of the engine process.

The process that started an engine adds a line if a signal ended it: only the parent learns that.
"""

from __future__ import annotations

import contextlib
import os

from engine.errors import EngineError
from engine.run import run_text
from engine.run.run_paths import RunDir

TAIL_BYTES = 4096
_OURS = "cnn-tui: "


def last_line(run: RunDir) -> str:
    """The last line of the log that is not blank; "" if there is none."""
    return next(iter(_last_lines(run, 0)), "")


def add_killed(run: RunDir, number: int) -> None:
    """Write that this signal ended the engine. Ignores a log that cannot be written."""
    _add(run, run_text.killed(number))


def add_error(run: RunDir, error: EngineError) -> None:
    """Write why no engine was started. Ignores a log that cannot be written."""
    _add(run, str(error))


def _add(run: RunDir, sentence: str) -> None:
    with contextlib.suppress(OSError), open(run.log, "ab") as log:
        log.write(f"{_OURS}{sentence}\n".encode())


def last_words(run: RunDir, start: int) -> str:
    """How the engine ended that wrote from this byte on; "" if the log does not say.

    That is the signal that ended it, else its last line.
    """
    lines = [line.removeprefix(_OURS) for line in _last_lines(run, start)]
    killed = (line for line in lines if line.startswith(run_text.KILLED))
    return next(killed, lines[0] if lines else "")


def _last_lines(run: RunDir, start: int) -> list[str]:
    """The last lines from this byte on, last first, without blank ones."""
    with contextlib.suppress(OSError), open(run.log, "rb") as log:
        log.seek(max(start, log.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = log.read().decode(errors="replace").split("\n")
        return [line.strip() for line in reversed(lines) if line.strip()]
    return []
