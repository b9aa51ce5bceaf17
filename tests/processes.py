"""Starts real processes of the program: an engine, or a viewer on a pseudo-terminal."""

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

# Seconds, for a busy machine. A wait ends as soon as its condition holds.
TIMEOUT = 600.0
COMMAND = (sys.executable, "-c", "from tui.cli.command_line import main; main()")


class Scope(NamedTuple):
    """A part of the session: its processes carry `mark`, and `ends` ends them when it is over."""

    mark: str
    ends: contextlib.ExitStack


_open: list[Scope] = []


@contextlib.contextmanager
def scope(name: str) -> Iterator[Scope]:
    """End all processes that start inside, and close our ends of their pipes and terminals.

    This also holds where a test fails, is interrupted or takes too long. Scopes nest.
    """
    with leftovers.scope(name) as mark, contextlib.ExitStack() as ends:
        _open.append(Scope(mark, ends))
        ends.callback(_open.pop)
        yield _open[-1]


def end_with_scope(end: Callable[[], None]) -> None:
    """Call this function at the end of the innermost scope."""
    _open[-1].ends.callback(end)


def start_process(
    *command: str, scope: Scope | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start a process with text pipes and options of `Popen`; it ends with the innermost scope."""
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
    return start_process(*COMMAND, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Process(Protocol):
    """A process whose `poll` gives None until it has ended."""

    def poll(self) -> int | None: ...


def wait_for(
    condition: Callable[[], bool], process: Process | None = None, timeout: float = TIMEOUT
) -> None:
    """Wait until a condition holds; fail where the process ends first or the time is up."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert process is None or process.poll() is None, "the process ended first"
        assert time.monotonic() < deadline, "waited in vain"
        select.select([], [], [], 0.02)


class LiveJournal:
    """The events of a journal that an engine is still writing."""

    def __init__(self, journal: Path) -> None:
        self.events: list[Event] = []
        self._tail = JournalTail(journal)

    def has(self, matches: Callable[[Event], bool]) -> bool:
        """Whether an event that matches has been written."""
        self._read()
        return any(matches(event) for event in self.events)

    def _read(self) -> None:
        """Read all new events; one read of the tail gives only a part of a long journal."""
        while new := self._tail.read():
            self.events += new

    def count(self, kind: type[Event]) -> int:
        self._read()
        return sum(isinstance(event, kind) for event in self.events)


class Terminal:
    """A program on a pseudo-terminal; a terminal emulator keeps its screen."""

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
        self.output = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup make test` ignores it
            os.environ["TERM"] = "xterm-256color"
            # Not `execv`: readline puts a size into the C environment, which the program would use.
            os.execve(command[0], [*command, *arguments], os.environ)
        # Other programs would inherit our end, and keep the terminal alive.
        os.set_inheritable(self.master, False)
        # The CPU time of the program, once it has ended.
        self.usage: resource.struct_rusage | None = None
        self._closed = False
        end_with_scope(self._end)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def pump(self) -> bool:
        """Read the output of the program, waiting briefly for it; returns whether there was any."""
        if not select.select([] if self._closed else [self.master], [], [], 0.05)[0]:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # the program has ended
            return False
        self.output += piece
        self._stream.feed(piece)
        return True

    def stall(self) -> None:
        """Let the line take no output any more, as Ctrl+S does; keys still arrive."""
        terminal = os.open(f"/proc/{self.pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
        termios.tcflow(terminal, termios.TCOOFF)
        os.close(terminal)

    def hang_up(self) -> None:
        """Close our end: the terminal is gone."""
        if not self._closed:
            os.close(self.master)
        self._closed = True

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, words: str) -> None:
        """Wait until the screen shows these words."""
        self.wait_until(lambda: words in self.text, repr(words))

    def wait_until(self, condition: Callable[[], bool], name: str) -> None:
        """Wait until a condition holds; a failure calls it by this name."""
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, f"{name} never came:\n{self.text}"
            self.pump()

    def wait_end(self) -> int:
        """Wait until the program ends; returns its exit code. `text` then has all its output."""
        deadline = time.monotonic() + TIMEOUT
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


def events_of(run: RunDir) -> list[Event]:
    """The events that a reader gets from a run's journal, without superseded ones."""
    read: list[Event] = []
    for batch in JournalReader(run.journal).slices():
        read = [*batch.events] if batch.from_start else [*read, *batch.events]
    return read
