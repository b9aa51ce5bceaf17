"""Runs the user's command after the end of a run, when the run's lock is free.

The engine becomes another program for that, with the same process: so its lock, its GPU and its
memory are free, whoever started it still waits for it, and it exits with the code of the run.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO

import msgspec

from engine.errors import STOP_EXIT
from engine.process import process_text
from engine.protocol.events import RunEnded
from engine.run import engine_log, lock_owner, on_end, run_liveness, run_text
from engine.run.journal_search import last_event
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from engine.start.engine_environment import without_ours
from engine.text import reason

SECONDS = 60.0
# What is kept of the output of a command: its last line is told.
TAIL_BYTES = 4096
# Children in the background may keep the output open.
OUTPUT_SECONDS = 1.0
# The exit codes of a run that is done or stopped.
GOOD_ENDS = (0, STOP_EXIT[signal.SIGINT])


def hand_over(run: RunDir, code: int) -> None:
    """Go on as the program that runs the user's command, if there is one for this exit code.

    A run that SIGTERM stopped has not ended: it is about to be started again.
    """
    if code != STOP_EXIT[signal.SIGTERM] and run.recipe.exists() and on_end.command():
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, launch.at_end(run, code))


def only_rests(run: RunDir, code: int, until: int) -> bool:
    """Whether a run with a last epoch for now has stopped there, to go on later."""
    return code == 0 and _ended(run, code).reason == "stopped" and resume.rests(run, until)


def has_said_its_end(run: RunDir) -> bool:
    """Whether the last engine of the run has written how it ended."""
    owner = lock_owner.read_owner(run)
    return owner is not None and run_liveness.has_ended_since(run, owner)


def serve(run: RunDir, code: int) -> int:
    """Run the user's command, and note in the run's log how it went. Returns `code`."""
    command = on_end.command()
    engine_log.add(run, run_text.at_end(ran(command, environment(run, _ended(run, code)))))
    return code


def _ended(run: RunDir, code: int) -> RunEnded:
    """The last event; an engine that died has left none, or that of an earlier attempt."""
    last = last_event(run.journal)
    if isinstance(last, RunEnded) and (code in GOOD_ENDS or last.reason == "failed"):
        return last
    return RunEnded("failed")


def environment(run: RunDir, ended: RunEnded) -> Mapping[str, str]:
    """The variables of the command: those that the user had, and three on the run."""
    variables = without_ours(os.environ)
    variables.pop(on_end.VARIABLE, None)  # a run that the command starts does not repeat it
    return variables | {
        "CNN_TUI_RUN": str(run.path),
        "CNN_TUI_STATE": ended.reason,
        "CNN_TUI_RESULT": msgspec.json.encode(ended).decode(),
    }


def ran(command: str, variables: Mapping[str, str], seconds: float = SECONDS) -> str:
    """Run a command without a shell; returns in words how it went.

    Once the time is up, or if this process is told to stop, it ends with all of its process group.
    """
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=variables,
        )
    except (OSError, ValueError) as error:
        return process_text.not_started(reason(error) if isinstance(error, OSError) else str(error))
    for number in STOP_EXIT:
        signal.signal(number, lambda *_: _end(process))
    output = LastOutput(process.stdout)
    output.start()
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        process.wait()
        output.join(OUTPUT_SECONDS)
        return process_text.took_too_long(seconds)
    output.join(OUTPUT_SECONDS)
    return process_text.command_ended(code, time.monotonic() - began, output.last_line)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process group of a process."""
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        os.killpg(process.pid, signal.SIGKILL)


class LastOutput(threading.Thread):
    """Reads all output of a command, so that it never waits, and keeps the end of it."""

    def __init__(self, output: IO[bytes] | None) -> None:
        super().__init__(name="output", daemon=True)
        assert output is not None
        self._output, self._tail = output, b""

    def run(self) -> None:
        with self._output:
            while piece := os.read(self._output.fileno(), TAIL_BYTES):
                self._tail = (self._tail + piece)[-TAIL_BYTES:]

    @property
    def last_line(self) -> str:
        """The last line that is not blank; "" if there is none."""
        lines = self._tail.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
