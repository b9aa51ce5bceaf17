"""An engine that is started before its run: it imports PyTorch, and waits for the run.

The launcher starts one while the user chooses. At Enter it sends through a pair of sockets what any
engine gets: arguments, and the descriptors of the lock and the log. The end of the pair tells the
engine that the launcher is gone.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.errors import EngineError
from engine.machine import memory
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run import engine_log, run_creation
from engine.run.run_lock import Claim
from engine.start import launch
from engine.start.device_request import count_ranks
from engine.start.engine_environment import environment
from engine.start.import_progress import is_ahead
from engine.start.launch import ProcessStart

# Several times what PyTorch and a small run need.
LEAST_FREE_BYTES = 2 << 30


def has_memory() -> bool:
    """Whether there is memory for a warm engine."""
    return memory.free_bytes() >= LEAST_FREE_BYTES


class WarmEngine:
    """A process that waits for one run. It ends with this process, or when it is closed."""

    def __init__(self) -> None:
        """Start it. Raises OSError if that is impossible."""
        self._variables = environment(build_recipe())
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Whatever an import prints belongs in the log of the run.
        with theirs, tempfile.TemporaryFile("w") as output:
            arguments = [*launch.COMMAND, "--warm", str(theirs.fileno())]
            start = ProcessStart(arguments, self._variables)
            self._process = launch.detached(start, output, theirs.fileno())

    @property
    def pid(self) -> int:
        return self._process.pid

    def take(self, claim: Claim, recipe: Recipe) -> bool:
        """Hand it this run, and the lock with it. If that is impossible, close it instead.

        Returns whether it was handed the run. If it ends before it has taken the run, another
        engine is started in its place.
        """
        if self._handed_over(claim, recipe):
            _in_thread(self._accompany, claim, recipe)
            return True
        self.close()
        return False

    def _handed_over(self, claim: Claim, recipe: Recipe) -> bool:
        """Hand it the run if it suits; returns whether that was possible."""
        try:
            if not self._suits(recipe):
                return False
            self._hand_over(claim, recipe)
        except (EngineError, OSError):  # a new engine says what is wrong
            return False
        return True

    def _suits(self, recipe: Recipe) -> bool:
        """Whether it is like the engine that would be started for this recipe, and is ahead."""
        as_usual = recipe.threads == "auto" and count_ranks(recipe) == 1
        same = environment(recipe) == self._variables
        return as_usual and same and is_ahead(Path(f"/proc/{self.pid}/task"))

    def _hand_over(self, claim: Claim, recipe: Recipe) -> None:
        arguments = launch.engine_start(claim, recipe).arguments[len(launch.COMMAND) :]
        run_creation.link_into_state(claim.run)
        with launch.opened_log(claim.run) as log:
            descriptors = [claim.lock, log.fileno()]
            socket.send_fds(self._socket, [msgspec.json.encode(arguments)], descriptors)

    def close(self) -> None:
        """End it."""
        self._socket.close()
        _in_thread(self._process.wait)

    def _accompany(self, claim: Claim, recipe: Recipe) -> None:
        """Keep the lock until it has taken the run; note in the run's log if a signal ends it."""
        with self._socket:
            try:
                taken = self._socket.recv(1)
            except ConnectionResetError:
                taken = b""
        if taken:
            os.close(claim.lock)
            launch.wait(self._process, claim.run)
            return
        self._process.wait()
        try:
            launch.spawn(claim, recipe)
        except EngineError as error:
            engine_log.add_error(claim.run, error)


def _in_thread(function: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, name="waiter", daemon=True).start()
