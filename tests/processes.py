"""Real processes of the program: an engine, or a viewer on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pyte

from engine.protocol.events import Event
from engine.run.journal_reader import JournalReader
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir

PATIENCE = 60.0
COMMAND = (sys.executable, "-c", "from tui.cli.command_line import main; main()")


def headless(*arguments: str) -> subprocess.Popen[str]:
    """`cnn-tui ARGUMENTS` with pipes for its output."""
    return subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


class Process(Protocol):
    """What can be asked whether it has ended."""

    def poll(self) -> int | None: ...


def wait_for(
    what: Callable[[], bool], process: Process | None = None, patience: float = PATIENCE
) -> None:
    """Look again until it is so; fail when the process ends first or patience does."""
    deadline = time.monotonic() + patience
    while not what():
        assert process is None or process.poll() is None, "the process ended first"
        assert time.monotonic() < deadline, "waited in vain"
        select.select([], [], [], 0.02)


class Watch:
    """The events of a journal that is being written, as they come."""

    def __init__(self, journal: Path) -> None:
        self.events: list[Event] = []
        self._tail = JournalTail(journal)

    def has(self, found: Callable[[Event], bool]) -> bool:
        """Whether such an event has been written."""
        self._read()
        return any(found(event) for event in self.events)

    def _read(self) -> None:
        """All that is new: a tail gives a long journal in parts."""
        while new := self._tail.read():
            self.events += new

    def count(self, kind: type[Event]) -> int:
        self._read()
        return sum(isinstance(event, kind) for event in self.events)


class Terminal:
    """A program on a pseudo-terminal, its screen kept by a terminal emulator."""

    def __init__(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        screen: pyte.Screen | None = None,
    ) -> None:
        self.screen = screen or pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            # Not `execv`: what readline puts into the C environment would set the size.
            os.execve(COMMAND[0], [*COMMAND, *arguments], os.environ)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def pump(self) -> None:
        """Take what the program has written, waiting a little for it."""
        if select.select([self.master], [], [], 0.05)[0]:
            try:
                self._stream.feed(os.read(self.master, 65536))
            except OSError:  # the program has ended
                return

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, what: str) -> None:
        """Until these words stand on the screen."""
        deadline = time.monotonic() + PATIENCE
        while what not in self.text:
            assert time.monotonic() < deadline, f"{what!r} never came:\n{self.text}"
            self.pump()

    def wait_end(self) -> int:
        """The status that the program ends with."""
        deadline = time.monotonic() + PATIENCE
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self.pump()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def clean(run: RunDir) -> list[Event]:
    """What a reader makes of the journal: one line, whatever happened."""
    said: list[Event] = []
    for batch in JournalReader(run.journal).batches():
        said = [*batch.events] if batch.anew else [*said, *batch.events]
    return said
