"""Starting an engine: make its run directory, then spawn it or become it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from engine import recipe, rundir, text
from engine.errors import RunError
from engine.hardware import cores
from engine.recipe import Recipe
from engine.rundir import Claim, RunDir


def create(chosen: Recipe, runs_dir: Path, name: str = "") -> Claim:
    """A locked run directory for this recipe; without a name it is `ARCH-DATA`.

    Raises UsageError and RunError as `rundir.create`.
    """
    return rundir.create(runs_dir, name or default_name(chosen), recipe.to_toml(chosen))


def default_name(chosen: Recipe) -> str:
    """`resnet18-cifar10`; of a data folder only letters, digits, dots and dashes are kept."""
    data = Path(chosen.data).name or "images"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in data)
    return f"{chosen.arch}-{safe.strip('.-') or 'images'}"[:100]


def spawn(claim: Claim, chosen: Recipe) -> subprocess.Popen[bytes]:
    """Start the engine in a session of its own, so that no terminal's end reaches it.

    The lock goes with it; our copy of the descriptor is closed, not unlocked. Raises RunError
    where it cannot be started.
    """
    try:
        with open(os.open(claim.run.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)) as log:
            return subprocess.Popen(
                [sys.executable, "-m", "engine", str(claim.run.path), "--lock-fd", str(claim.lock)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(claim.lock,),
                env=environment(chosen),
            )
    except OSError as error:
        raise RunError(text.cannot_write(claim.run.log, error.strerror or str(error))) from error
    finally:
        os.close(claim.lock)


def become(claim: Claim, chosen: Recipe) -> NoReturn:
    """Replace this process by the engine, in the foreground."""
    os.set_inheritable(claim.lock, True)
    sys.stdout.flush()
    os.execve(sys.executable, foreground(claim), dict(environment(chosen)))


def foreground(claim: Claim, *options: str) -> list[str]:
    """The command line of an engine that prints lines and holds this claim."""
    run, lock = str(claim.run.path), str(claim.lock)
    return [sys.executable, "-m", "engine", run, "--lines", "--lock-fd", lock, *options]


def environment(chosen: Recipe) -> Mapping[str, str]:
    """What must be set before torch is loaded: the threads, and a module path that is ours."""
    threads = chosen.threads
    count = cores() if threads == "auto" else threads
    fixed = {
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": str(count),
        "OMP_DYNAMIC": "FALSE",
        "MKL_DYNAMIC": "FALSE",
    }
    return os.environ | fixed


def check_modules() -> None:
    """Raise RunError where a module of another project hides one of ours."""
    ours = Path(__file__).resolve().parent.parent
    for module in ("engine", "tui"):
        spec = importlib.util.find_spec(module)
        found = Path(spec.origin).resolve() if spec and spec.origin else Path()
        if found.parent.parent != ours:
            raise RunError(text.intruder(module, found, ours))


def resume(run: RunDir) -> tuple[Claim, Recipe]:
    """The lock of a run that no engine holds, and its recipe as resolved.

    Raises RunError where it is already running, UsageError where its recipe cannot be read.
    """
    return Claim(run, rundir.take(run)), recipe.build(file=recipe.load(run.recipe))
