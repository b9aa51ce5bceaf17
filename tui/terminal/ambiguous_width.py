"""Whether a terminal draws ambiguous characters two cells wide: it is asked, once.

Unicode leaves open how wide `●` and `─` are (UAX 11), and terminals set up for Chinese or
Japanese may give them two cells, which tears every frame of ours apart.
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
# In the first column: one such character, where the cursor is now, and all as it was before.
QUESTION = "\x1b7\r●\x1b[6n\r\x1b[K\x1b8".encode()
ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")
AFTER_ONE_CELL = 2


@dataclasses.dataclass
class Terminal:
    """What was heard from it: whether such characters are wide there, and what was typed."""

    wide: bool = False
    typed: str = ""


@contextmanager
def asked(clock: Callable[[], float] = time.monotonic) -> Iterator[Terminal]:
    """Ask at the start; at the end the answer is there, unless none came for so long.

    Something that takes time can be done meanwhile. Who asks takes the keys that were typed.
    """
    terminal = Terminal()
    if not (os.isatty(0) and os.isatty(1)):
        yield terminal
        return
    before = termios.tcgetattr(0)
    try:
        termios.tcsetattr(0, termios.TCSANOW, _unbuffered(before))
        os.write(1, QUESTION)
        deadline = clock() + SECONDS
        yield terminal
        _listen(terminal, deadline, clock)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


def _unbuffered(attributes: list[Any]) -> list[Any]:
    """These attributes of a terminal, but each key at once and as it is, without an echo."""
    iflag, oflag, cflag, lflag, *rest = attributes
    quiet = lflag & ~(termios.ECHO | termios.ICANON)
    return [iflag & ~termios.ICRNL, oflag, cflag, quiet, *rest]


def _listen(terminal: Terminal, deadline: float, clock: Callable[[], float]) -> None:
    """Read until the answer is there or the time is over."""
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
