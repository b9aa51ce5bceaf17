"""Reads `engine.log`, which holds stdout and stderr of the engine process."""

from __future__ import annotations

import contextlib
import os

from engine.run.run_paths import RunDir

TAIL_BYTES = 4096


def last_line(run: RunDir) -> str:
    """The last line of the log that is not blank; "" if there is none."""
    with contextlib.suppress(OSError), open(run.log, "rb") as log:
        log.seek(-min(TAIL_BYTES, log.seek(0, os.SEEK_END)), os.SEEK_END)
        lines = log.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""
