"""Notices other code that ends the engine by `os._exit`, which leaves no word of the end."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from engine.process import process_text
from engine.process.entry import exit_now
from engine.protocol import events
from engine.run.journal_search import last_event
from engine.run.run_paths import RunDir
from engine.start import engine_death


def notice(
    run: RunDir,
    tell: Callable[[str], object],
    follow_up: Callable[[int], object] = lambda code: None,
) -> None:
    """From now on, note an `os._exit` before the run has ended in the log, and `tell` the sentence.

    The exit code, which `follow_up` gets, is never 0 then. The engine itself ends by `exit_now`.
    """
    engine = os.getpid()

    def leave(status: int) -> NoReturn:
        child = os.getpid() != engine
        if not child and not isinstance(last_event(run.journal), events.RunEnded):
            try:
                _note(status, sys._getframe(1))
                tell(engine_death.sentence(run))
                follow_up(status or 1)
            finally:
                exit_now(status or 1)
        exit_now(status)

    os._exit = leave


def _note(status: int, caller: FrameType) -> None:
    traceback.print_stack(caller)
    file, line, log = caller.f_code.co_filename, caller.f_lineno, sys.stderr
    print(f"cnn-tui: {process_text.left_by(file, line, status)}", file=log, flush=True)
