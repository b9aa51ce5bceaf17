"""Real processes of the program: an engine, or a viewer on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyte

from engine.protocol.events import Event
from engine.run.journal_reader import JournalReader
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir
from tests import leftovers

# On a machine that has much else to do as well; a wait for what comes ends as soon as it is there.
PATIENCE = 600.0
COMMAND = (sys.executable, "-c", "from tui.cli.command_line import main; main()")


class Scope(NamedTuple):
    """A stretch of the session, to whose end processes live: `mark` is theirs, `ends` end them."""

    mark: str
    ends: contextlib.ExitStack


_open: list[Scope] = []


@contextlib.contextmanager
def scope(name: str) -> Iterator[Scope]:
    """End all processes that are begun in here, and close our ends of their pipes and terminals.

    However this is left: a test may have failed, be interrupted or have taken too long. Scopes
    nest.
    """
    with leftovers.scope(name) as mark, contextlib.ExitStack() as ends:
        _open.append(Scope(mark, ends))
        ends.callback(_open.pop)
        yield _open[-1]


def end_with_scope(end: Callable[[], None]) -> None:
    """Have this called where the innermost scope is left."""
    _open[-1].ends.callback(end)


def begin(*command: str, scope: Scope | None = None, **options: Any) -> subprocess.Popen[str]:
    """A process that speaks text, with the options of `Popen`; it ends with the innermost scope."""
    mark, ends = scope or _open[-1]
    variables = os.environ | {leftovers.MARK: mark}
    process = subprocess.Popen(command, text=True, env=variables, **options)
    ends.callback(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def headless(*arguments: str) -> subprocess.Popen[str]:
    """`cnn-tui ARGUMENTS` with pipes for its output."""
    return begin(*COMMAND, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


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
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.screen = screen or pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            # Not `execv`: what readline puts into the C environment would set the size.
            os.execve(command[0], [*command, *arguments], os.environ)
        # What the program has taken of the processor, once it has ended.
        self.usage: resource.struct_rusage | None = None
        self._closed = False
        end_with_scope(self._end)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def pump(self) -> bool:
        """Take what the program has written, waiting a little for it; whether there was any."""
        if not select.select([] if self._closed else [self.master], [], [], 0.05)[0]:
            return False
        try:
            self._stream.feed(os.read(self.master, 65536))
        except OSError:  # the program has ended
            return False
        return True

    def hang_up(self) -> None:
        """Close our end: the terminal is gone."""
        if not self._closed:
            os.close(self.master)
        self._closed = True

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, what: str) -> None:
        """Until these words stand on the screen."""
        self.wait_until(lambda: what in self.text, repr(what))

    def wait_until(self, shown: Callable[[], bool], what: str) -> None:
        """Until the screen is so; `what` names it where it never is."""
        deadline = time.monotonic() + PATIENCE
        while not shown():
            assert time.monotonic() < deadline, f"{what} never came:\n{self.text}"
            self.pump()

    def wait_end(self) -> int:
        """The status that the program ends with; by then all that it wrote is on the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.usage = usage
                while self.pump():
                    pass
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self.pump()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        _, _, self.usage = os.wait4(self.pid, 0)

    def _end(self) -> None:
        if self.usage is None:
            self.kill()
        self.hang_up()


def clean(run: RunDir) -> list[Event]:
    """What a reader makes of the journal: one line, whatever happened."""
    said: list[Event] = []
    for batch in JournalReader(run.journal).slices():
        said = [*batch.events] if batch.from_start else [*said, *batch.events]
    return said
