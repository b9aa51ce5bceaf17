"""Questions to the engine about what is inside a model, one at a time, the newest counts.

Where no engine trains the run, a process that answers from its best checkpoint is started.
"""

from __future__ import annotations

import subprocess

from engine import commands, launch, probes, rundir, spool, text
from engine.commands import Look
from engine.errors import EngineError, RunError
from engine.events import Event
from engine.rundir import RunDir


class Asking:
    """Asks about one run. Nothing here waits; `look` is called again and again."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._wanted: tuple[Look, str, tuple[int, ...]] | None = None
        self._id = ""
        self._answerer: subprocess.Popen[bytes] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a question is open."""
        return self._wanted is not None

    def ask(self, look: Look, layer: str = "", images: tuple[int, ...] = (0,)) -> None:
        """Ask this instead of what was asked before. Raises EngineError where nobody can answer."""
        self._wanted, self._id = (look, layer, images), ""
        try:
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
            if not self._id:
                self._send()
            answer = probes.answer_to(self._run, self._id) if self._id else None
            if answer is None and self._id and not self._heard:
                self._id = ""  # who was asked is gone: ask who answers next
        except EngineError:
            self._wanted = None
            raise
        if answer is not None:
            self._wanted = None
        return answer

    @property
    def _heard(self) -> bool:
        return rundir.alive(self._run) or rundir.alive(self._run, self._run.look_lock)

    def _send(self) -> None:
        assert self._wanted is not None
        if self._heard:
            look, layer, images = self._wanted
            self._id = spool.send(self._run, commands.Probe, look=look, layer=layer, images=images)
        elif self._answerer is None:
            self._answerer = launch.look(self._run)
        elif self._answerer.poll() is not None:
            self._answerer = None
            complaint = rundir.last_words(self._run).removeprefix("cnn-tui: ")
            raise RunError(text.harmless(complaint))
