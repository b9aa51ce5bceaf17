"""Requests to inspect a model: one at a time, and the newest one counts.

The engine of the run replies. If no engine trains the run, an inspection server is started, which
replies from the best checkpoint.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from engine import text
from engine.errors import EngineError, RunError
from engine.protocol import commands
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event
from engine.run import engine_log, lock_owner, replies, run_liveness, spool
from engine.run.run_paths import RunDir
from engine.start import launch

# A request without a reply delays the next one by at most this long.
PATIENCE_SECONDS = 2.0


class InspectionRequests:
    """The requests of one viewer to one run. Nothing here blocks: the viewer polls `reply`.

    At most one request is with the engine, so that holding down a key does not slow the training.
    A newer request waits until the engine replies to the older one; that reply is dropped.
    """

    def __init__(self, run: RunDir, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._clock = run, clock
        self._wanted: InspectionRequest | None = None
        # The request that was sent last, its id, the attempt that it went to, and the time. The id
        # is empty until the wanted request is sent.
        self._sent: InspectionRequest | None = None
        self._id, self._attempt, self._sent_at = "", "", 0.0
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a request has no reply yet."""
        return self._wanted is not None

    def ask(self, request: InspectionRequest) -> None:
        """Make this the wanted request. Raises EngineError if no server can be started."""
        if self._wanted is None:
            self._id = ""
            if self._server is not None and self._server.poll() is not None:
                self._server = None  # a server without requests exits after a while
        self._wanted = request
        try:
            if not self._id:
                self._send()
        except EngineError:
            self._wanted = None
            raise

    def reply(self) -> Event | None:
        """The reply to the wanted request, None until it arrives; an `Alert` if it was refused.

        Raises EngineError if there will be no reply.
        """
        if self._wanted is None:
            return None
        try:
            reply = self._read_reply()
        except EngineError:
            self._wanted = None
            raise
        if reply is not None:
            self._wanted = None
        return reply

    def _read_reply(self) -> Event | None:
        """The reply to the wanted request; otherwise send that request as soon as possible."""
        if not self._id:
            self._send()
        if not self._id:
            return None
        reply = replies.read_reply(self._run, self._id)
        if reply is not None and self._sent == self._wanted:
            return reply
        overtaken = self._sent != self._wanted and (
            reply is not None or self._clock() - self._sent_at > PATIENCE_SECONDS
        )
        # The attempt that got the request may have ended, or another one may have taken over.
        if overtaken or self._listening_attempt() != self._attempt:
            self._id = ""
            self._send()
        return None

    def _listening_attempt(self) -> str:
        """The attempt that would get a request; empty if there is none."""
        for lock in (self._run.lock, self._run.inspection_lock):
            if run_liveness.is_live(self._run, lock) and (
                owner := lock_owner.read_owner(self._run, lock)
            ):
                return owner.attempt
        return ""

    def _send(self) -> None:
        """Send the wanted request; if no engine listens, start a server or raise its failure."""
        assert self._wanted is not None
        if attempt := self._listening_attempt():
            self._attempt = attempt
            self._id = spool.send(self._run, commands.Inspect, **self._wanted._asdict())
            self._sent, self._sent_at = self._wanted, self._clock()
        elif self._server is None:
            self._server = launch.start_inspection_server(self._run)
        elif self._server.poll() is not None:
            failed, self._server = self._server.returncode != 0, None
            if failed:
                complaint = engine_log.last_line(self._run).removeprefix("cnn-tui: ")
                raise RunError(text.harmless(complaint))
