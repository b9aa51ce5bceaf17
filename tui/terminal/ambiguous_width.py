"""Asks the terminal whether it draws ambiguous characters two cells wide.

Unicode leaves the width of `●` and `─` open (UAX 11). Terminals set up for Chinese or Japanese may
give them two cells, which tears our frames apart.
"""

from __future__ import annotations

import dataclasses
import os
import re
import select
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 0.1
# In the first column: draw one such character, report the cursor's position, restore the line.
QUESTION = "\x1b7\r●\x1b[6n\r\x1b[K\x1b8".encode()
ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")
AFTER_ONE_CELL = 2


@dataclasses.dataclass
class TerminalAnswer:
    """Whether the terminal draws such characters wide, and what the user typed meanwhile."""

    wide: bool = False
    typed: str = ""


@contextmanager
def asked(clock: Callable[[], float] = time.monotonic) -> Iterator[TerminalAnswer]:
    """Ask on entry and read the answer on exit, at most SECONDS later.

    The body of the `with` runs while the terminal answers. The caller has to handle the keys in
    `typed`, which were read together with the answer.
    """
    terminal = TerminalAnswer()
    if not (os.isatty(0) and os.isatty(1)):
        yield terminal
        return
    before = termios.tcgetattr(0)
    try:
        termios.tcsetattr(0, termios.TCSANOW, _unbuffered(before))
        os.write(1, QUESTION)
        deadline = clock() + SECONDS
        try:
            yield terminal
        finally:  # an answer that nobody reads would be typed into the shell
            _listen(terminal, deadline, clock)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


def _unbuffered(attributes: list[Any]) -> list[Any]:
    """The attributes, changed to pass on each key at once and without an echo."""
    iflag, oflag, cflag, lflag, *rest = attributes
    quiet = lflag & ~(termios.ECHO | termios.ICANON)
    return [iflag & ~termios.ICRNL, oflag, cflag, quiet, *rest]


def _listen(terminal: TerminalAnswer, deadline: float, clock: Callable[[], float]) -> None:
    """Read until the answer has arrived or the deadline has passed."""
    heard = b""
    while select.select([0], [], [], max(0.0, deadline - clock()))[0]:
        piece = os.read(0, 4096)
        heard += piece
        answer = ANSWER.search(heard)
        if answer is not None:
            terminal.wide = int(answer[1]) > AFTER_ONE_CELL
            heard = heard[: answer.start()] + heard[answer.end() :]
        if answer is not None or not piece:
            break
    terminal.typed = heard.decode(errors="replace")
