"""Questions to the engine about what is inside a model, one at a time, the newest counts.

Where no engine trains the run, a process that answers from its best checkpoint is started.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import NamedTuple

from engine import text
from engine.errors import EngineError, RunError
from engine.protocol import commands
from engine.protocol.commands import InspectionKind
from engine.protocol.events import Event
from engine.run import engine_log, replies, run_lock, spool
from engine.run.run_paths import RunDir
from engine.start import launch

# A question that is not answered in this time holds the next one up no longer.
PATIENCE_SECONDS = 2.0


class InspectionRequest(NamedTuple):
    """As `commands.Inspect`."""

    kind: InspectionKind
    layer: str
    images: tuple[int, ...]


class InspectionRequests:
    """Asks about one run. Nothing here waits; `look` is called again and again.

    No more than one question is with the engine: a key that is held down shall not slow the
    training. What is asked meanwhile waits for the answer before, which nobody wants any more.
    """

    def __init__(self, run: RunDir, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._clock = run, clock
        self._wanted: InspectionRequest | None = None
        # What was asked, under which id, of which attempt and when; no id while it was nothing.
        self._sent: InspectionRequest | None = None
        self._id, self._attempt, self._sent_at = "", "", 0.0
        self._answerer: subprocess.Popen[bytes] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a question is open."""
        return self._wanted is not None

    def ask(self, kind: InspectionKind, layer: str = "", images: tuple[int, ...] = (0,)) -> None:
        """Ask this instead of what was asked before. Raises EngineError where nobody can answer."""
        if self._wanted is None:
            self._id = ""
            if self._answerer is not None and self._answerer.poll() is not None:
                self._answerer = None  # it left when nobody had asked for a while
        self._wanted = InspectionRequest(kind, layer, images)
        try:
            if not self._id:
                self._send()
        except EngineError:
            self._wanted = None
            raise

    def look(self) -> Event | None:
        """The answer, once it is there; an `Alert` where the question was refused.

        Raises EngineError where nobody will answer any more.
        """
        if self._wanted is None:
            return None
        try:
            answer = self._answer()
        except EngineError:
            self._wanted = None
            raise
        if answer is not None:
            self._wanted = None
        return answer

    def _answer(self) -> Event | None:
        """The answer to what is wanted; where it is due, the question is sent."""
        if not self._id:
            self._send()
        if not self._id:
            return None
        answer = replies.read_reply(self._run, self._id)
        if answer is not None and self._sent == self._wanted:
            return answer
        overtaken = self._sent != self._wanted and (
            answer is not None or self._clock() - self._sent_at > PATIENCE_SECONDS
        )
        # Who was asked may be gone, or another one here: ask who answers now.
        if overtaken or self._hears != self._attempt:
            self._id = ""
            self._send()
        return None

    @property
    def _hears(self) -> str:
        """The attempt that a question would go to, empty where nobody hears it."""
        for lock in (self._run.lock, self._run.inspection_lock):
            if run_lock.is_live(self._run, lock) and (
                owner := run_lock.read_owner(self._run, lock)
            ):
                return owner.attempt
        return ""

    def _send(self) -> None:
        assert self._wanted is not None
        if attempt := self._hears:
            self._attempt = attempt
            self._id = spool.send(self._run, commands.Inspect, **self._wanted._asdict())
            self._sent, self._sent_at = self._wanted, self._clock()
        elif self._answerer is None:
            self._answerer = launch.start_inspection_server(self._run)
        elif self._answerer.poll() is not None:
            failed, self._answerer = self._answerer.returncode != 0, None
            if failed:
                complaint = engine_log.last_line(self._run).removeprefix("cnn-tui: ")
                raise RunError(text.harmless(complaint))
