"""The errors that a user sees, as a tree.

EngineError          one sentence that says what is wrong and what to do
├── UsageError       a wrong name, key or number: exit code 2
├── DataError        data that is missing, empty or broken: exit code 2
│   └── UndecidedError   data that a setting of the user makes usable
└── RunError         a run that cannot be found, made, written or started: exit code 1

A run that a signal stops is not an error. Its exit code is in `STOP_EXIT`. `CRASH_SIGNALS` end a
process whose native code crashes.
"""

from __future__ import annotations

import signal

STOP_EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143}
CRASH_SIGNALS = frozenset(
    {signal.SIGILL, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV}
)


class EngineError(Exception):
    """An error that the user can do something about.

    The message is one sentence for the terminal, without a traceback or control characters.
    """

    exit_code = 1


class UsageError(EngineError):
    """The command line, a recipe or a command is wrong."""

    exit_code = 2


class DataError(EngineError):
    """A data set is missing, empty or broken."""

    exit_code = 2


class UndecidedError(DataError):
    """Data of which the user must say what it means; `settings` are proposals, as `--set` takes."""

    def __init__(self, sentence: str, settings: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.settings = settings


class RunError(EngineError):
    """A run cannot be found, created, locked, read, written or started."""
