"""Creates a run and starts an engine on it, as a new process or in place of this one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, BinaryIO, NamedTuple, NoReturn

from engine import text
from engine.catalog import architecture_names, data_names
from engine.errors import RunError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import engine_log, on_end, run_creation
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start.device_request import check_device, count_ranks
from engine.start.engine_environment import environment

COMMAND = (sys.executable, "-m", "engine")


def create(recipe: Recipe, runs_dir: Path, name: str = "") -> Claim:
    """Create a locked run for this recipe. Its default name is `ARCH-DATA`.

    Raises what `run_creation.create` and `count_ranks` raise.
    """
    count_ranks(recipe)
    return run_creation.create(runs_dir, name or default_name(recipe), to_toml(recipe))


def default_name(recipe: Recipe) -> str:
    """`resnet18-cifar10`: the short names of architecture and data set, or of their files."""
    arch, data = (
        run_creation.safe_name(architecture_names.short_name(recipe.arch)),
        run_creation.safe_name(data_names.short_name(recipe.data)),
    )
    return f"{arch.strip('_') or 'model'}-{data or 'images'}"[:100]


def spawn(claim: Claim, recipe: Recipe, *options: str) -> subprocess.Popen[bytes]:
    """As `started`; as long as this process lives, it waits for the engine as `wait` does."""
    engine = started(claim, recipe, *options)
    in_thread(wait, engine, claim.run)
    return engine


def started(
    claim: Claim,
    recipe: Recipe,
    *options: str,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[bytes]:
    """Start the engine in its own session, so that it outlives the terminal.

    It gets these environment variables beside its usual ones. It inherits the lock. This process
    closes its copy of the descriptor, which does not unlock it. Raises RunError if the engine
    cannot be started.
    """
    run_creation.link_into_state(claim.run)
    try:
        with opened_log(claim.run) as log:
            start = engine_start(claim, recipe, *options)
            start = start._replace(variables={**start.variables, **variables})
            engine = detached(start, log, claim.lock)
    finally:
        os.close(claim.lock)
    return engine


def in_thread(function: Callable[..., object], *arguments: object) -> None:
    """Call this in a thread, such as the wait for a process, which is a zombie without it."""
    threading.Thread(target=function, args=arguments, name="waiter", daemon=True).start()


def wait(engine: subprocess.Popen[bytes], run: RunDir) -> None:
    """Wait until the engine ends; if a signal ended it, do what it could not do itself.

    That is noted in the run's log, and the user's command for the end is run.
    """
    if wait_and_note(engine, run) < 0 and (command := start_command_for_failure(run)):
        command.wait()


def wait_and_note(engine: subprocess.Popen[bytes], run: RunDir) -> int:
    """Wait until the engine ends; note in the run's log if a signal ended it.

    Returns its exit code, or the number of the signal below zero.
    """
    if (code := engine.wait()) < 0:
        engine_log.add_signal(run, -code)
    return code


def start_command_for_failure(run: RunDir) -> subprocess.Popen[bytes] | None:
    """Start the user's command for the end of a run whose engine could not do so itself.

    None if there is no command, or if it cannot be started.
    """
    if on_end.command():
        with contextlib.suppress(RunError), opened_log(run) as log:
            return detached(ProcessStart(at_end(run, 1), os.environ), log)
    return None


def at_end(run: RunDir, code: int) -> list[str]:
    """The arguments of the process that runs the user's command for the end of a run.

    It exits with `code`, that of the run.
    """
    return [*COMMAND, str(run.path.resolve()), "--ended", str(code)]


def serves_the_end(pid: int) -> bool:
    """Whether the engine with this process id has become the program that `at_end` starts.

    An engine keeps its process id then, but neither its memory nor its devices.
    """
    with contextlib.suppress(OSError):
        return b"--ended" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False


def start_inspection_server(run: RunDir) -> subprocess.Popen[bytes]:
    """Start a process that replies to `Inspect` commands for a run without an engine.

    If the process fails, the last line of the run's log says why. Raises EngineError if the process
    cannot be started.
    """
    arguments = [*COMMAND, str(run.path), "--look"]
    with opened_log(run) as log:
        return detached(ProcessStart(arguments, environment(read_recipe(run.recipe))), log)


@contextmanager
def opened_log(run: RunDir) -> Iterator[BinaryIO]:
    """The run's log, to append to.

    Raises RunError where it cannot be opened, or where the body raises OSError.
    """
    try:
        with engine_log.open_to_append(run) as log:
            yield log
    except OSError as error:
        raise RunError(text.cannot_write(run.log, text.refused(error))) from error


def detached(start: ProcessStart, output: IO[Any], *kept: int) -> subprocess.Popen[bytes]:
    """Start a process in its own session; it inherits only its output and these descriptors."""
    return subprocess.Popen(
        start.arguments,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=kept,
        env=start.variables,
    )


class ProcessStart(NamedTuple):
    """The arguments and the environment variables of a new process."""

    arguments: list[str]
    variables: Mapping[str, str]


def engine_start(claim: Claim, recipe: Recipe, *options: str) -> ProcessStart:
    """How to start an engine that takes over this claim. Raises what `check_device` raises."""
    run, lock = str(claim.run.path), str(claim.lock)
    check_device(recipe.device)
    count = count_ranks(recipe)
    ranks = ["--ranks", str(count)] if count > 1 else []
    arguments = [*COMMAND, run, "--lock-fd", lock, *ranks, *options]
    return ProcessStart(arguments, environment(recipe, count))


def exec_engine(claim: Claim, recipe: Recipe, *options: str) -> NoReturn:
    """Replace this process with the engine, in the foreground."""
    run_creation.link_into_state(claim.run)
    os.set_inheritable(claim.lock, True)
    sys.stdout.flush()
    start = foreground_start(claim, recipe, *options)
    os.execve(sys.executable, start.arguments, dict(start.variables))


def foreground_start(claim: Claim, recipe: Recipe, *options: str) -> ProcessStart:
    """How to start an engine that takes over this claim and prints lines."""
    return engine_start(claim, recipe, "--lines", *options)
