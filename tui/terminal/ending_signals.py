"""The signals that end a program."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def exit_code(number: int) -> int:
    """The exit code of a program that this signal ended, as shells give it."""
    return 128 + number


def handle(end: Callable[[int], Any]) -> None:
    """Call `end` with an exit code at such a signal, unless the parent wants it ignored (nohup)."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: end(exit_code(number)))
