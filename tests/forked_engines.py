"""Engines that start at once: a fork server has loaded PyTorch before it forks them.

Loading PyTorch costs more than the rest of a short run. A forked engine does the same as
`python -m engine RUN --lines`; other tests start engines by that command.
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
from tests import fault_injection
from tests.processes import Scope, end_with_scope, start_process, wait_for

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.01


class ForkRequest(msgspec.Struct, frozen=True):
    """An engine to fork: its run, its working directory, its environment, and a fault to inject.

    The folder `output` gets these files: `out` and `err` with the engine's output, `pid` with its
    process id, and `code` with its exit code once it has ended.
    """

    run: str
    output: str
    working_directory: str
    environment: Mapping[str, str]
    fault: fault_injection.Fault | None
    lines: bool


def new_run(folder: Path, flags: Mapping[str, object]) -> RunDir:
    """Create a run in this runs folder; no engine trains it yet."""
    claim = launch.create(build_recipe(flags=flags), folder)
    os.close(claim.lock)
    return claim.run


class Engine:
    """A forked engine, with the methods of `Popen` that the tests need."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self.pid = int((output / "pid").read_text())

    @property
    def stdout(self) -> str:
        return (self._output / "out").read_text()

    @property
    def stderr(self) -> str:
        return (self._output / "err").read_text()

    def poll(self) -> int | None:
        """The exit code, or None while the engine runs."""
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
        """Kill the engine unless it has ended."""
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self.wait()


class ForkServer:
    """The process that forks the engines; their output goes to subfolders of `folder`."""

    def __init__(self, folder: Path, scope: Scope) -> None:
        self._folder = folder
        self._count = 0
        self._process = start_process(
            *(sys.executable, "-m", "tests.forked_engines"),
            scope=scope,
            stdin=subprocess.PIPE,
            cwd=ROOT,
        )

    def start(
        self,
        run: RunDir,
        fault: fault_injection.Fault | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
        *,
        lines: bool = True,
    ) -> Engine:
        """Start an engine for this run with these environment variables.

        It prints `lines`, unless a viewer started it. It ends with the innermost scope.
        """
        output = self._folder / str(self._count)
        self._count += 1
        output.mkdir()
        request = ForkRequest(
            str(run.path.resolve()), str(output), os.getcwd(), os.environ | variables, fault, lines
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(request).decode() + "\n")
        self._process.stdin.flush()
        wait_for((output / "pid").exists, self._process)
        engine = Engine(output)
        end_with_scope(engine.end)
        return engine


# The fork server runs all that follows


def preload() -> None:
    """Import all that the engine of a small run needs. No import may start a thread."""
    import torch._dynamo  # the first optimiser would load it

    import engine.checkpoints.checkpoint
    import engine.checkpoints.saver
    import engine.process.host
    import engine.process.model_init
    import engine.training.autotune
    import engine.training.trainer

    assert torch
    assert engine
    assert len(os.listdir("/proc/self/task")) == 1, "a forked process loses its parent's threads"
    gc.freeze()


def become_engine(request: ForkRequest) -> None:
    """Turn this process into the engine; does not return."""
    os.setsid()
    for descriptor, file in (
        (0, os.devnull),
        (1, f"{request.output}/out"),
        (2, f"{request.output}/err"),
    ):
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(request.working_directory)
    os.environ.clear()
    os.environ.update(request.environment)
    if request.fault is not None:
        fault_injection.install(request.fault)
    sys.argv = ["engine", request.run, *(["--lines"] if request.lines else [])]
    runpy.run_module("engine", run_name="__main__", alter_sys=True)


def fork_engine(request: ForkRequest) -> int:
    """Fork an engine; returns its process id."""
    pid = os.fork()
    if pid == 0:
        try:
            become_engine(request)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        os._exit(70)
    write_number(request, "pid", pid)
    return pid


def write_number(request: ForkRequest, name: str, number: int) -> None:
    """Write a number into a file of the output folder, all at once."""
    file = Path(request.output, name)
    file.with_suffix(".new").write_text(str(number))
    file.with_suffix(".new").rename(file)


def main() -> None:
    """Fork an engine for each request on standard input, until standard input ends."""
    preload()
    running: dict[int, ForkRequest] = {}
    received = b""
    while True:
        if select.select([0], [], [], POLL_SECONDS if running else None)[0]:
            if not (new := os.read(0, 65536)):
                return
            *lines, received = (received + new).split(b"\n")
            for request in (msgspec.json.decode(line, type=ForkRequest) for line in lines):
                running[fork_engine(request)] = request
        with contextlib.suppress(ChildProcessError):
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                write_number(running.pop(pid), "code", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
