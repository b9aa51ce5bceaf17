"""Asks tmux whether every terminal that shows this session takes UTF-8.

tmux itself does, whatever its clients are. For a client without UTF-8 it replaces each character
beyond ASCII by `_`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

SECONDS = 0.5


def ask() -> Callable[[], bool]:
    """Ask in the background; the result waits at most SECONDS, and says whether one lacks UTF-8."""
    pane = os.environ.get("TMUX_PANE", "")
    if "TMUX" not in os.environ or not pane:
        return lambda: False
    question = ("tmux", "list-clients", "-t", pane, "-F", "#{client_utf8}")
    try:
        process = subprocess.Popen(
            question,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except OSError:
        return lambda: False
    return lambda: "0" in _output(process).split()


def _output(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return ""
