"""A run on several GPUs of this machine, by PyTorch's torchrun.

torchrun starts one engine per GPU, and ends all where one dies. It passes on neither the run's lock
nor SIGUSR1, and its exit code says little about the run. So this process gives the lock to rank 0,
passes signals on to it, and exits with the code of the run. It loads no torch.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from engine.errors import STOP_EXIT
from engine.machine.socket_address import socket_address
from engine.machine.temporary_folder import temporary_folder
from engine.process import process_text
from engine.process.line_printer import say
from engine.protocol import events
from engine.run import lock_owner, run_lock
from engine.run.journal import Journal
from engine.run.journal_search import last_event
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir

# The variable names the socket where rank 0 gets the lock, since torchrun closes the descriptors
# that its processes inherit.
LOCK_SOCKET = "CNN_TUI_LOCK_SOCKET"
POLL_SECONDS = 0.1
ENDING_SECONDS = 10.0
# Ranks on one machine communicate over the loopback interface.
LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}


class Torchrun:
    """Trains a claimed run on several ranks, which all get these options.

    Rank 0 prints lines to `out`, unless that is None; the sentence of an error goes to `err`.
    """

    def __init__(
        self, claim: Claim, ranks: int, options: Sequence[str], out: TextIO | None, err: TextIO
    ) -> None:
        self._run, self._lock, self._ranks = claim.run, claim.lock, ranks
        self._options = [*options, "--lines"] if out is not None else list(options)
        self._out, self._err = out, err
        self._stopped_by: signal.Signals | None = None
        self._began = last_event(claim.run.journal)

    def run(self) -> int:
        """Run to the end and return the exit code."""
        with _lock_socket() as (server, path):
            self._process = self._start(path)
            for number in (*STOP_EXIT, signal.SIGUSR1):
                signal.signal(number, self._pass_on)
            while self._process.poll() is None:
                if select.select([server], [], [], POLL_SECONDS)[0]:
                    with contextlib.suppress(OSError), server.accept()[0] as caller:
                        socket.send_fds(caller, [b"lock"], [self._lock])
        return self._end()

    def _start(self, path: Path) -> subprocess.Popen[bytes]:
        """Start torchrun in a new session, so that only this process passes signals on."""
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        torchrun += ["--local-addr", "localhost"]  # a host name does not always resolve
        torchrun += ["--log-dir", str(path.parent)]  # else its own folder stays behind
        engine = ["-m", "engine", str(self._run.path), *self._options]
        return subprocess.Popen(
            [*torchrun, "--nproc-per-node", str(self._ranks), *engine],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            start_new_session=True,
            env=LOOPBACK | os.environ | {LOCK_SOCKET: str(path)},
        )

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        """Pass a signal on to rank 0, or to torchrun while rank 0 has not signed the lock yet."""
        owner = lock_owner.read_owner(self._run)
        rank_0 = owner.pid if owner is not None else 0
        if number in STOP_EXIT:
            self._stopped_by = signal.Signals(number)
        elif not rank_0:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(rank_0 or self._process.pid, number)

    def _end(self) -> int:
        self._wait_for_rank_0()
        ended = self._ended()
        if ended.error:
            say(f"cnn-tui: {ended.error}", self._err)
        if ended.reason == "failed":
            return 1
        stopped = ended.reason == "stopped" and self._stopped_by is not None
        return STOP_EXIT[self._stopped_by] if stopped and self._stopped_by else 0

    def _wait_for_rank_0(self) -> None:
        """Wait until rank 0 writes no more events: it ends a little after a killed torchrun."""
        owner = lock_owner.read_owner(self._run)
        deadline = time.monotonic() + ENDING_SECONDS
        with contextlib.suppress(ProcessLookupError):
            while owner is not None and owner.pid and time.monotonic() < deadline:
                os.kill(owner.pid, 0)
                time.sleep(POLL_SECONDS)

    def _ended(self) -> events.RunEnded:
        """The run's last event; writes one where rank 0 could not."""
        last = last_event(self._run.journal)
        before = self._began.seq if self._began is not None else 0
        if isinstance(last, events.RunEnded) and last.seq > before:
            return last
        step = last.step if last is not None else 0
        if self._stopped_by is not None:
            ended = events.RunEnded("stopped", step=step)
        else:
            why = process_text.ranks_ended(self._run.label, self._run.selector, self._ranks)
            ended = events.RunEnded("failed", error=why, step=step)
        Journal(self._run.journal).append(ended)
        return ended


@contextlib.contextmanager
def _lock_socket() -> Iterator[tuple[socket.socket, Path]]:
    """A socket where rank 0 asks for the lock, in a folder that only this user can open."""
    with temporary_folder() as folder, socket.socket(socket.AF_UNIX) as server:
        path = folder / "lock"
        with socket_address(path) as address:
            server.bind(address)
        server.listen()
        yield server, path


def end_with_torchrun() -> None:
    """Kill this rank when torchrun, its parent, ends: else it would train on after a kill of it."""
    torchrun = os.getppid()

    def watch() -> None:
        while os.getppid() == torchrun:
            time.sleep(POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def locked(run: RunDir) -> int:
    """The lock of a run: from the parent process that holds it for rank 0, or newly acquired.

    Raises RunError as `run_lock.acquire`.
    """
    if path := os.environ.get(LOCK_SOCKET):
        with (
            contextlib.suppress(OSError),
            socket_address(Path(path)) as address,
            socket.socket(socket.AF_UNIX) as client,
        ):
            client.connect(address)
            _, descriptors, _, _ = socket.recv_fds(client, 16, 1)
            return descriptors[0]
    return run_lock.acquire(run)
