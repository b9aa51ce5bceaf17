"""The pipe to the recorder, which never makes a training wait and never fails it.

A thread writes what the script sends, another reads what the recorder says. Both are daemons, so
neither keeps the interpreter alive. A recorder that refuses, dies or cannot start costs one line on
standard error.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from cnn_tui.watching import watching_text
from cnn_tui.watching.event_lines import line
from cnn_tui.watching.waiting_events import WaitingEvents

# The longest time that the end of a script waits for the recorder to take its last events.
CLOSE_SECONDS = 5.0
# Raised by `start` if the recorder cannot be started, with the sentence for the user.
Start = Callable[[], "subprocess.Popen[bytes]"]


class Recording(NamedTuple):
    """The recorder keeps this run; see `Recording` of the protocol."""

    folder: str
    label: str
    selector: str
    checkpoint: str = ""


class Channel:
    """One run's connection to its recorder. Its methods may be called from any thread.

    The process starts at once; it makes a run when the channel is opened. In a forked child the
    channel is dead, and holds neither pipe nor lock.
    """

    def __init__(self, hello: dict[str, Any], start: Start | None = None) -> None:
        """`hello` are the fields of `Hello`. `start` starts the recorder with pipes, unbuffered.

        It raises an OSError, whose text is one sentence, where there is no recorder.
        """
        self._hello = hello
        self._opened = self._closing = False
        self._step = 0
        self._waiting = WaitingEvents()
        self._commands: deque[dict[str, Any]] = deque()
        # Whether the recorder has said something since the last call of `commands`.
        self.has_news = False
        self._recording: Recording | None = None
        self._is_announced = False
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._make_locks()
        self.alive = True
        try:
            self._process = (start or _start)()
        except OSError as error:
            self._give_up(watching_text.no_recorder(str(error)))
            return
        _channels.add(self)
        atexit.register(self._close_at_exit)
        self._run(self._write)
        self._run(self._read)

    def _make_locks(self) -> None:
        self._changed = threading.Condition()
        self._heard = threading.Condition()

    def _run(self, task: Callable[[subprocess.Popen[bytes]], None]) -> None:
        # The threads know the process even after `_forget` in a forked child.
        thread = threading.Thread(
            target=task, args=(self._process,), name=f"cnn-tui{task.__name__}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    # What the script does

    def open(self, resume: bool = False) -> None:
        """Ask for a run, once. With `resume`, the newest run of this name goes on if it can."""
        with self._changed:
            if self._opened or not self.alive:
                return
            self._opened = True
            self._waiting.put({"type": "Hello", **self._hello, "resume": resume})
            self._changed.notify()

    def send(self, event: dict[str, Any]) -> None:
        """Have an event written; it must not change afterwards. Opens the channel if need be."""
        if not self.alive:
            return
        self.open()
        with self._changed:
            self._step = event.get("step", self._step)
            self._waiting.put(event)
            self._changed.notify()

    def recording(self, seconds: float = 0.0) -> Recording | None:
        """The run that is kept, once the recorder has answered; waits this long at most."""
        with self._heard:
            self._heard.wait_for(lambda: self._recording or not self.alive, seconds)
        return self._recording

    def commands(self) -> list[dict[str, Any]]:
        """The commands that have come since, oldest first."""
        self.has_news = False
        self._announce()
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return taken

    def wait_for_command(self, seconds: float) -> None:
        """Wait until there is a command, the recorder has ended, or this long."""
        with self._heard:
            self._heard.wait_for(lambda: self._commands or not self.alive, seconds)

    def close(self, reason: str = "done", error: str = "") -> None:
        """End the run, and wait a little until the recorder has taken it all. Only once."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            if self._opened and self.alive:
                ended = {"type": "RunEnded", "reason": reason, "error": error}
                self._waiting.put({**ended, "step": self._step})
            self._changed.notify()
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        self.alive = False
        self._announce()
        atexit.unregister(self._close_at_exit)

    def _announce(self) -> None:
        """Say where a new run is kept, once the recorder has answered.

        The script's own thread says it: one of ours might hold the stream while the script forks.
        """
        if self._recording is not None and not self._is_announced:
            self._is_announced = True
            if not self._recording.checkpoint:
                tell(watching_text.watched_as(self._recording.label, self._recording.selector))

    def _close_at_exit(self) -> None:
        """End the run of a script that did not."""
        self.close(*ending_at_exit())

    # The threads

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        # A script may have given SIGPIPE its default effect, which is death.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPIPE])
        # What ends the recorder is told when all that it said was read.
        with process.stdin as pipe, contextlib.suppress(OSError):
            event = self._next()
            while event is not None:
                left = memoryview(line(event))
                while left:
                    left = left[os.write(pipe.fileno(), left) :]
                event = self._next()

    def _next(self) -> dict[str, Any] | None:
        """The next event; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing or not self.alive)
            return self._waiting.take() if self._waiting else None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as pipe:
            for text in pipe:
                self._hear(text)
        process.wait()
        if not self._closing:
            self._give_up(self._why(watching_text.RECORDER_DIED))

    def _hear(self, text: bytes) -> None:
        try:
            said = json.loads(text)
            kind = said["type"]
            if self._recording is None and kind not in ("Recording", "Refused"):
                raise ValueError("the first line is no answer to Hello")
        except (ValueError, TypeError, KeyError):
            self._give_up(self._why(watching_text.NOT_UNDERSTOOD))
            return
        with self._heard:
            if kind == "Recording":
                self._recording = Recording(*(said.get(name, "") for name in Recording._fields))
            elif kind != "Refused":
                self._commands.append(said)
            self.has_news = True
            self._heard.notify_all()
        if kind == "Refused":
            self._give_up(watching_text.no_recorder(said["sentence"]))

    def _why(self, otherwise: str) -> str:
        """Why the run is not watched: nothing that answers may have been started."""
        if self._recording is not None:
            return otherwise
        from cnn_tui.watching import recorder_start

        return recorder_start.why_silent(otherwise)

    # The end

    def _give_up(self, sentence: str) -> None:
        """Go on without a recorder, and say why, once."""
        with self._changed:
            said, self.alive = not self.alive, False
            self._waiting.clear()
            self._changed.notify_all()
        with self._heard:
            self._heard.notify_all()
        if not said:
            tell(sentence)

    def _forget(self) -> None:
        """Be dead in a forked child: the pipe is the parent's, and its locks may be held."""
        self.alive, self._closing = False, True
        self._make_locks()
        self._waiting.clear()
        self._commands.clear()
        self._threads.clear()
        process, self._process = self._process, None
        assert process is not None
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        process.returncode = 0  # it is no child of this process


def ending(error: BaseException | None) -> tuple[str, str]:
    """The reason of `RunEnded` and its error, for the exception that ends a script."""
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "done", ""
    if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
        return "stopped", ""
    if isinstance(error, SystemExit):
        return "failed", f"The script ended by sys.exit({error.code!r})."
    text = " ".join(str(error).split())
    return "failed", f"{type(error).__name__}: {text}" if text else type(error).__name__


def is_interactive() -> bool:
    """Whether somebody types this script, as in a notebook: an error in a cell does not end it."""
    return hasattr(sys, "ps1")


def last_error() -> BaseException | None:
    """The exception that ends this interpreter, for `atexit`; an interactive one ends by itself."""
    return None if is_interactive() else getattr(sys, "last_value", None)


def ending_at_exit() -> tuple[str, str]:
    """As `ending`, of what was left open; who closes a notebook stops what is open in it."""
    return ("stopped", "") if is_interactive() else ending(last_error())


def tell(sentence: str) -> None:
    """Write a sentence to standard error, if there is one."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(watching_text.line(sentence))
        sys.stderr.flush()


def _start() -> subprocess.Popen[bytes]:
    from cnn_tui.watching import recorder_start

    return recorder_start.start()


_channels: weakref.WeakSet[Channel] = weakref.WeakSet()


def _forget_all() -> None:
    for channel in list(_channels):
        channel._forget()
    _channels.clear()  # this child may fork as well


os.register_at_fork(after_in_child=_forget_all)
