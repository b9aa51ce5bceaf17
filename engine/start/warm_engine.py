"""An engine that is started before its run: it imports PyTorch, and waits for the run.

The launcher starts one while the user chooses. At Enter it sends through a pair of sockets what any
engine gets: arguments, and the descriptors of the lock and the log. The end of the pair tells the
engine that the launcher is gone.
"""

from __future__ import annotations

import contextlib
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
from engine.run import engine_log, run_creation, run_search
from engine.run.run_lock import Claim
from engine.start import launch
from engine.start.device_request import count_ranks
from engine.start.engine_environment import environment
from engine.start.launch import ProcessStart

# Several times what PyTorch and a small run need.
LEAST_FREE_BYTES = 2 << 30


def is_welcome(runs_dir: Path) -> bool:
    """Whether there is memory for a warm engine, and no run trains on this machine."""
    try:
        return memory.free_bytes() >= LEAST_FREE_BYTES and not run_search.any_live_here(runs_dir)
    except EngineError:
        return False


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
        """Hand it this run, and the lock with it. If it does not suit the run, close it instead.

        Returns whether it was handed the run. If it ends before it has taken the run, another
        engine is started. Raises RunError if the run's log cannot be written.
        """
        run_creation.link_into_state(claim.run)
        suits = recipe.threads == "auto" and count_ranks(recipe) == 1
        start = launch.engine_start(claim, recipe)
        if not suits or start.variables != self._variables or self._lacks_a_core():
            self.close()
            return False
        message = msgspec.json.encode(start.arguments[len(launch.COMMAND) :])
        with launch.opened_log(claim.run) as log:
            try:
                socket.send_fds(self._socket, [message], [claim.lock, log.fileno()])
            except OSError:  # it has ended
                self.close()
                return False
        _in_thread(self._accompany, claim, recipe)
        return True

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

    def _lacks_a_core(self) -> bool:
        """Whether its importing thread mostly waits for a core, because other programs need them.

        Nobody may raise the priority of a thread again, so another engine is the faster one then.
        """
        for task in Path(f"/proc/{self.pid}/task").glob("*"):
            with contextlib.suppress(OSError, ValueError):
                # See proc_pid_stat(5), and Documentation/scheduler/sched-stats.rst in Linux.
                nice = int((task / "stat").read_text().rpartition(")")[2].split()[16])
                on_core, waiting, _ = map(int, (task / "schedstat").read_text().split())
                if nice > 0 and waiting > on_core:
                    return True
        return False


def _in_thread(function: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, name="waiter", daemon=True).start()
