"""The answers of an engine process to a command: progress and notes go to stderr."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

from engine.errors import STOP_EXIT
from tui.cli.stderr_lines import columns, say

if TYPE_CHECKING:
    from engine.protocol.answers import Progress
    from engine.start.engine_request import EngineRequest

A = TypeVar("A")


@contextmanager
def answers_of(request: EngineRequest[A], stopped: str) -> Iterator[Iterator[A]]:
    """The answers without progress and notes, which are told meanwhile.

    Ctrl+C ends the process, says `stopped`, and exits with 130.
    """
    with closing(request.answers()) as answers:
        try:
            yield _told_meanwhile(answers)
        except KeyboardInterrupt:
            request.cancel()
            say(f"cnn-tui: {stopped}")
            sys.exit(STOP_EXIT[signal.SIGINT])


def _told_meanwhile(answers: Iterator[A]) -> Iterator[A]:
    """The results. A terminal shows progress in its last line."""
    from engine.protocol.answers import Note, Progress

    shows = sys.stderr.isatty()
    try:
        for answer in answers:
            if isinstance(answer, Progress):
                if shows:
                    _show(answer)
                continue
            _clear(shows)
            if isinstance(answer, Note):
                say(f"cnn-tui: {answer.text}")
            else:
                yield answer
    finally:
        _clear(shows)


def _clear(shows: bool) -> None:
    if shows:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _show(progress: Progress) -> None:
    """Replace the last line, which a longer one may have filled."""
    from rich.cells import set_cell_size

    from tui import shared_text

    words = f" {shared_text.progress(progress.stage, progress.fraction)}"
    room = columns() - 1
    _clear(shows=True)
    sys.stderr.write(words if len(words) <= room else set_cell_size(words, room))
    sys.stderr.flush()
