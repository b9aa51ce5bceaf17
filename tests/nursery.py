"""Engines that begin at once: forked from a process that has loaded PyTorch.

Loading it costs more than all else that a short run does. What such an engine does is what
`python -m engine RUN --lines` does; how one is really started is for other tests to see.
"""

from __future__ import annotations

import contextlib
import gc
import os
import runpy
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from engine.recipes.recipe_building import build_recipe
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import faulty
from tests.processes import Scope, begin, end_with_scope, wait_for

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.01


class Birth(msgspec.Struct, frozen=True):
    """An engine that is to be begun: where, with what it has to say, and the fault that it meets.

    What it prints goes to `out` in the folder `output`, its complaints to `err`; in `pid` is its
    number, and in `code`, once it has ended, how.
    """

    run: str
    output: str
    folder: str
    environment: Mapping[str, str]
    fault: faulty.Fault | None


def fresh(folder: Path, flags: Mapping[str, object]) -> RunDir:
    """A new run in this runs folder, which waits for its engine."""
    claim = launch.create(build_recipe(flags=flags), folder)
    os.close(claim.lock)
    return claim.run


class Engine:
    """An engine that was begun; with what a `Popen` has."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self.pid = int((output / "pid").read_text())

    @property
    def printed(self) -> str:
        return (self._output / "out").read_text()

    @property
    def complained(self) -> str:
        return (self._output / "err").read_text()

    def poll(self) -> int | None:
        """How it has ended, where it has."""
        code = self._output / "code"
        return int(code.read_text()) if code.exists() else None

    def wait(self) -> int:
        wait_for(lambda: self.poll() is not None)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(self.pid, number)

    def end(self) -> None:
        """Kill it, where it has not ended."""
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self.wait()


class Nursery:
    """The process that the engines of these tests come from; their output goes to this folder."""

    def __init__(self, folder: Path, scope: Scope) -> None:
        self._folder = folder
        self._begun = 0
        self._process = begin(
            sys.executable, "-m", "tests.nursery", scope=scope, stdin=subprocess.PIPE, cwd=ROOT
        )

    def begin(
        self,
        run: RunDir,
        fault: faulty.Fault | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> Engine:
        """An engine of this run, with these variables set, that lives to the end of the scope."""
        output = self._folder / str(self._begun)
        self._begun += 1
        output.mkdir()
        place, own = str(run.path.resolve()), str(output)
        birth = Birth(place, own, os.getcwd(), os.environ | variables, fault)
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(birth).decode() + "\n")
        self._process.stdin.flush()
        wait_for((output / "pid").exists, self._process)
        engine = Engine(output)
        end_with_scope(engine.end)
        return engine


# What follows runs in the process of its own


def load() -> None:
    """All that an engine of a small run loads; nothing of it may begin a thread."""
    import torch._dynamo  # which the first optimiser would load

    import engine.checkpoints.checkpoint
    import engine.checkpoints.saver
    import engine.process.host
    import engine.process.model_init
    import engine.training.autotune
    import engine.training.trainer

    assert torch
    assert engine
    assert len(os.listdir("/proc/self/task")) == 1, "a child has none of its parent's threads"
    gc.freeze()


def live(birth: Birth) -> None:
    """Be this engine; does not return."""
    os.setsid()
    for descriptor, file in (
        (0, os.devnull),
        (1, f"{birth.output}/out"),
        (2, f"{birth.output}/err"),
    ):
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(birth.folder)
    os.environ.clear()
    os.environ.update(birth.environment)
    if birth.fault is not None:
        faulty.install(birth.fault)
    sys.argv = ["engine", birth.run, "--lines"]
    runpy.run_module("engine", run_name="__main__", alter_sys=True)


def give_birth(birth: Birth) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            live(birth)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        os._exit(70)
    note(birth, "pid", pid)
    return pid


def note(birth: Birth, name: str, number: int) -> None:
    """Leave a number where the asking process finds it, whole or not at all."""
    file = Path(birth.output, name)
    file.with_suffix(".new").write_text(str(number))
    file.with_suffix(".new").rename(file)


def main() -> None:
    """Begin what standard input asks for, until it ends."""
    load()
    alive: dict[int, Birth] = {}
    asked = b""
    while True:
        if select.select([0], [], [], POLL_SECONDS if alive else None)[0]:
            if not (new := os.read(0, 65536)):
                return
            *lines, asked = (asked + new).split(b"\n")
            for birth in (msgspec.json.decode(line, type=Birth) for line in lines):
                alive[give_birth(birth)] = birth
        with contextlib.suppress(ChildProcessError):
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                note(alive.pop(pid), "code", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
