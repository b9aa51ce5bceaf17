"""python -m engine --record: keeps the run of a script that writes its events to our stdin.

The script never waits for this process, and this process never waits for the script. It ends when
the script says so, ends or dies. Signals do not end it: those of a job reach the script as well,
which may still save.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time

import psutil
from msgspec.structs import replace

from engine import text
from engine.errors import EngineError, RunError
from engine.machine import oom_kills
from engine.machine.hardware import Sampler
from engine.machine.nvml import run_processes
from engine.protocol import commands, events, script_lines
from engine.protocol.events import Event
from engine.protocol.script_lines import GoesOn, Hello, Recording, Refused, Reply
from engine.recipes import watched_recipe
from engine.recording import claimed_run, recording_text
from engine.recording.claimed_run import ClaimedRun, checkpoint_of
from engine.recording.resume_point import resume_point
from engine.recording.script_pipe import ScriptPipe
from engine.recording.script_process import ScriptProcess
from engine.recording.thinning import Thinning
from engine.run import engine_log, replies, run_lock, run_text
from engine.run.budgeted_journal import BudgetedJournal
from engine.run.durable_files import write_durably
from engine.run.journal import Journal
from engine.run.spool import Spool

POLL_SECONDS = 0.05
HARDWARE_SECONDS = 2.0
# What this process or a reply says, and no line of a script.
NOT_OF_A_SCRIPT = (
    *(Hello, events.Resumed, events.Hardware, events.Heartbeat),
    *(events.Augmented, events.Examples, events.Neighbours, events.Kernels),
)

# What a script that has not said `GoesOn` says only if it trains from its start.
BEGINNING = (events.RunStarted, events.Checkpointed, *events.TRAINING)


def record() -> int:
    """Record a run of the script at the other end of stdin and stdout. Returns the exit code."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    pipe = ScriptPipe(0, os.dup(1))
    os.dup2(2, 1)  # what a library prints is no line for the script
    lines = _first_lines(pipe)
    if not lines:
        return 0  # it needed no run
    try:
        recorder = _recorder(lines.pop(0), pipe)
    except EngineError as error:
        pipe.send(script_lines.encode(Refused(str(error))))
        return error.exit_code
    return recorder.run(lines)


def _first_lines(pipe: ScriptPipe) -> list[bytes]:
    """The first lines of the script; none if it ends without any."""
    while not pipe.ended:
        pipe.wait()
        if lines := pipe.lines():
            return lines
    return []


def _recorder(line: bytes, pipe: ScriptPipe) -> Recorder:
    """The recorder for the script whose first line this is. Raises RunError if there is none."""
    try:
        hello = script_lines.decode(line)
    except events.UNREADABLE as error:
        raise RunError(recording_text.NOT_UNDERSTOOD) from error
    if not isinstance(hello, Hello):
        raise RunError(recording_text.NOT_UNDERSTOOD)
    if hello.version > script_lines.VERSION:
        raise RunError(recording_text.recorder_is_older(sys.executable))
    claimed = claimed_run.claimed(hello)
    try:
        return Recorder(claimed, hello, pipe)
    except OSError as error:
        folder = claimed.claim.run.path
        raise RunError(recording_text.cannot_record(folder, text.refused(error))) from error


class Recorder:
    """Owns the journal of a run, whose events another process tells."""

    def __init__(self, claimed: ClaimedRun, hello: Hello, pipe: ScriptPipe) -> None:
        """Raises OSError where the run's folder cannot be written."""
        self._run, self._lock = claimed.claim
        self._claimed, self._hello, self._pipe = claimed, hello, pipe
        with engine_log.open_to_append(self._run) as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        self._oom_file, self._oom_kills = oom_kills.count_here()
        self._attempt = run_lock.take_over(claimed.claim, self._oom_file, self._oom_kills)
        self._script = ScriptProcess(hello.pid or os.getppid())
        self._journal = Journal(self._run.journal)
        self._events = BudgetedJournal(self._journal, lambda: self._step, lambda _: None)
        self._thinning = Thinning(time.monotonic)
        self._spool = Spool(self._run, self._attempt, self._refuse)
        self._began, self._step = time.monotonic(), 0
        # Whether what the run had after its checkpoint is void, and no line has said so yet.
        self._goes_on = claimed.goes_on
        self._is_over = False
        self._asked: set[str] = set()
        self._bad_lines = 0
        self._toml = ""

    def run(self, lines: list[bytes]) -> int:
        """Record until the script ends; `lines` are its first ones. Returns the exit code."""
        run = self._run
        said = Recording(
            str(run.path.absolute()), run.label, run.selector, self._claimed.checkpoint
        )
        self._pipe.send(script_lines.encode(said))
        try:
            if not self._goes_on:
                self._append(events.Phase("starting"))
            self._take(lines)
            self._follow()
        except OSError as error:
            return self._lost(text.refused(error))
        return self._end()

    def _follow(self) -> None:
        """Take the script's lines and pass on commands, until the run has ended."""
        sampler, next_sample = self._sampler(), time.monotonic()
        while not self._is_over:
            self._pipe.wait(POLL_SECONDS)
            has_ended = self._script.is_gone
            self._take(lines := self._pipe.lines())
            if self._pipe.ended or (has_ended and not lines):
                self._append(self._death())
            # An error with the run's folder must not end the recording.
            with contextlib.suppress(OSError, psutil.Error, RunError):
                self._pass_on_commands()
                if time.monotonic() >= next_sample and not self._goes_on:
                    next_sample = time.monotonic() + HARDWARE_SECONDS
                    if sampler is not None:
                        self._events.append(sampler.sample())
                    self._events.append_overdue()

    def _sampler(self) -> Sampler | None:
        with contextlib.suppress(psutil.Error):
            return Sampler(self._run.path, run_processes(self._script.pid))
        return None

    def _pass_on_commands(self) -> None:
        """Commands wait in the spool until the script takes those before them."""
        for command in self._spool.take() if self._pipe.is_idle else ():
            self._pipe.send(script_lines.encode(command))
            if isinstance(command, commands.Inspect):
                self._asked.add(command.id)
                self._events.append_wanted()

    # Lines of the script

    def _take(self, lines: list[bytes]) -> None:
        for line in lines:
            try:
                self._hear(line)
            except events.UNREADABLE as error:
                self._skip(line, str(error))

    def _hear(self, line: bytes) -> None:
        match script_lines.decode(line):
            case Reply() as reply:
                self._keep(reply)
            case GoesOn() as point:
                self._resume(point.step, point.epoch)
            case said if isinstance(said, NOT_OF_A_SCRIPT):
                self._skip(line, type(said).__name__)
            case event:
                self._append(self._completed(event))

    def _skip(self, line: bytes, why: str) -> None:
        if not self._bad_lines:
            self._append(events.Alert("warning", "line", recording_text.bad_lines(why)))
            engine_log.add(self._run, recording_text.bad_line(line))
        self._bad_lines += 1

    def _completed(self, event: Event) -> Event:
        """The event with what only the recorder knows."""
        match event:
            case events.RunStarted():
                self._describe(event)
                host = event.host or socket.gethostname()
                return replace(event, attempt=self._attempt, host=host)
            case events.RunEnded() if not event.seconds:
                return replace(event, seconds=time.monotonic() - self._began)
        return event

    def _describe(self, started: events.RunStarted) -> None:
        """Write into the run's recipe what the script tells of itself."""
        told = started.watched
        if told is None:
            return
        toml = watched_recipe.to_toml(told.program, told.framework, told.settings)
        if toml != self._toml:
            with contextlib.suppress(OSError):  # the journal has it as well
                write_durably(self._run.recipe, toml.encode())
                self._toml = toml

    def _resume(self, step: int, epoch: int) -> None:
        """What the run had after this step is trained again."""
        self._goes_on = False
        from_seq = resume_point(self._run.journal, step)
        self._append(events.Resumed(self._attempt, from_seq, epoch, step=step))

    def _append(self, event: Event) -> None:
        """Append an event; a run that does not go on after all is left as it was."""
        self._is_over = self._is_over or isinstance(event, events.RunEnded)
        if self._goes_on and isinstance(event, BEGINNING):
            self._resume(0, 0)  # the script has not loaded its checkpoint
        elif self._goes_on:
            return
        self._step = event.step or self._step
        for each in self._thinning.admitted(event):
            self._events.append(each)
        if isinstance(event, events.Checkpointed):
            with contextlib.suppress(OSError):  # it waits in memory
                self._journal.sync()

    def _keep(self, reply: Reply) -> None:
        """Write a reply that was asked for; its name is that of a file."""
        if reply.id not in self._asked:
            return
        self._asked.discard(reply.id)
        try:
            replies.write_reply(self._run, reply.id, reply.event)
        except OSError as error:
            sentence = run_text.reply_failed(text.refused(error))
            self._append(events.Alert("error", "inspection", sentence, command=reply.id))

    def _refuse(self, file: str, why: str) -> None:
        self._append(events.Alert("warning", "command", run_text.command_ignored(file, why)))

    # The end

    def _death(self) -> events.RunEnded:
        """The end of a script that has said none."""
        _, kills = oom_kills.count_here()
        sentence = recording_text.ended_without_a_word(
            self._hello.program,
            out_of_memory=kills > self._oom_kills,
            saved=checkpoint_of(self._run).exists(),
        )
        return events.RunEnded("failed", seconds=time.monotonic() - self._began, error=sentence)

    def _end(self) -> int:
        """Leave a complete journal, no command that was not served, and a free lock."""
        if self._bad_lines:
            engine_log.add(self._run, recording_text.bad_lines_counted(self._bad_lines))
        with contextlib.suppress(OSError):
            self._journal.sync()
        if self._journal.write_error:
            return self._lost(self._journal.write_error)
        self._spool.take()
        self._journal.close()
        os.close(self._lock)
        return 0

    def _lost(self, refusal: str) -> int:
        engine_log.add(self._run, recording_text.journal_lost(refusal))
        return 1
