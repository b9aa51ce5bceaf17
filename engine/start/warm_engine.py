"""An engine that is started before its run: it imports PyTorch, and waits for the run.

The launcher starts one while the user chooses, and a queue while another run trains. Whoever has
started it sends it through a pair of sockets what any engine gets: arguments, and the descriptors
of the lock and the log. The end of the pair tells the engine that its starter is gone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from engine.errors import EngineError
from engine.machine import memory
from engine.recipes.recipe import Recipe
from engine.run import run_creation
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import launch
from engine.start.code_stamp import code_stamp
from engine.start.engine_environment import environment
from engine.start.import_progress import is_ahead
from engine.start.launch import ProcessStart

# Several times what PyTorch and a small run need.
LEAST_FREE_BYTES = 2 << 30
# Far enough below that, so that one which is closed for it is not followed by another at once.
SHORT_BYTES = 1 << 30


def has_memory() -> bool:
    """Whether there is memory for a warm engine."""
    return memory.free_bytes() >= LEAST_FREE_BYTES


def lacks_memory() -> bool:
    """Whether others need the memory that a warm engine holds."""
    return memory.free_bytes() < SHORT_BYTES


class WarmEngine:
    """A process that waits for one run. It ends with this process, or when it is closed."""

    def __init__(self, recipe: Recipe, variables: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start it, for a run of such a recipe, with these environment variables beside the usual.

        Raises OSError if that is impossible.
        """
        # An import that comes late, in a run of days, would find the new files of an upgrade.
        self._code = code_stamp()
        self._variables = {**environment(recipe), **variables}
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Whatever an import prints belongs in the log of the run.
        with theirs, tempfile.TemporaryFile("w") as output:
            arguments = [*launch.COMMAND, "--warm", str(theirs.fileno())]
            start = ProcessStart(arguments, self._variables)
            self.process = launch.detached(start, output, theirs.fileno())

    @property
    def is_ahead(self) -> bool:
        """Whether it will have imported PyTorch sooner than a new process."""
        return is_ahead(Path(f"/proc/{self.process.pid}/task"))

    def hand_over(
        self,
        claim: Claim,
        recipe: Recipe,
        *options: str,
        variables: Mapping[str, str] = MappingProxyType({}),
        wait: Callable[[subprocess.Popen[bytes], RunDir], object],
        died: Callable[[], object],
    ) -> bool:
        """Hand it this run, and the lock with it, if it suits; else close it.

        It suits if it is like the engine that `launch.started` would start, from the same code.
        Returns whether it was handed the run. A thread then keeps the caller's copy of the lock
        until the engine has taken the run, and calls `wait` with its process and the run. If the
        engine ends before, the thread calls `died` instead, which gets the lock.
        """
        try:
            start = launch.engine_start(claim, recipe, *options)
            if self._suits(start._replace(variables={**start.variables, **variables})):
                self._send(claim, start.arguments[len(launch.COMMAND) :])
                launch.in_thread(self._accompany, claim, wait, died)
                return True
        except (EngineError, OSError):  # a new engine says what is wrong
            pass
        self.close()
        return False

    def _suits(self, start: ProcessStart) -> bool:
        alone = "--ranks" not in start.arguments
        return alone and start.variables == self._variables and code_stamp() == self._code

    def _send(self, claim: Claim, arguments: Sequence[str]) -> None:
        run_creation.link_into_state(claim.run)
        with launch.opened_log(claim.run) as log:
            descriptors = [claim.lock, log.fileno()]
            socket.send_fds(self._socket, [msgspec.json.encode(arguments)], descriptors)

    def _accompany(
        self,
        claim: Claim,
        wait: Callable[[subprocess.Popen[bytes], RunDir], object],
        died: Callable[[], object],
    ) -> None:
        if self._has_taken():
            os.close(claim.lock)
            wait(self.process, claim.run)
        else:
            died()

    def _has_taken(self) -> bool:
        """Wait until it has taken the run that it was handed; False if it has ended before."""
        with self._socket, contextlib.suppress(ConnectionResetError):
            if self._socket.recv(1):
                return True
        self.process.wait()
        return False

    def close(self) -> None:
        """End it."""
        self._socket.close()
        launch.in_thread(self.process.wait)
