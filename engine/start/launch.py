"""Starting an engine: make its run directory, then spawn it or become it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec
from msgspec import UNSET

import engine
from engine import text
from engine.catalog import architecture_names
from engine.errors import RunError, UsageError
from engine.machine import gpu_numbering, hardware
from engine.machine.cgroups import cores
from engine.protocol import events
from engine.recipes.recipe import Recipe, share_of_batch
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields, to_toml
from engine.run import run_creation
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import start_text

# For glibc (mallopt(3)): keep what a step frees for the next one. Else the pages of each batch go
# back to the kernel and are faulted in again, at every step: a tenth of LeNet-5's time.
KEEP_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
    "MALLOC_TOP_PAD_": str(1 << 26),
}

# Where one of these is, there may be GPUs that NVML does not tell of: this container lacks its
# library, or they are AMD's, behind Windows, or a Jetson's.
UNTOLD = ("/proc/driver/nvidia/gpus", "/dev/kfd", "/dev/dxg", "/dev/nvhost-gpu", "/dev/nvgpu")

# Processes that a compiler may keep: each takes hundreds of MB, and more than these bring little.
COMPILE_WORKERS = 4


def create(chosen: Recipe, runs_dir: Path, name: str = "") -> Claim:
    """A locked run directory for this recipe; without a name it is `ARCH-DATA`.

    Raises UsageError and RunError as `run_creation.create`, and as `ranks`.
    """
    ranks(chosen)
    return run_creation.create(runs_dir, name or default_name(chosen), to_toml(chosen))


def ranks(chosen: Recipe) -> int:
    """How many processes train a run on this machine: one a GPU, or as many as are asked for.

    Raises UsageError where there are not so many GPUs, or they cannot share the batch.
    """
    if chosen.gpus == 1:
        return 1
    if ":" in chosen.device:
        raise UsageError(start_text.gpus_and_number(chosen.device))
    there = len(hardware.usable_gpus()) if chosen.device != "cpu" else cores()
    count = there if chosen.gpus == "all" else chosen.gpus
    if chosen.device != "cpu" and not 0 < count <= there:
        raise UsageError(start_text.too_few_gpus(count, there))
    share_of_batch(chosen.batch, count)
    return count


def check_device(device: str) -> None:
    """Raise UsageError for a GPU that is not on this machine, as far as is known without torch."""
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return
    known = hardware.gpus()
    numbers = {gpu.cuda for gpu in known if gpu.cuda is not UNSET}
    if not known and any(map(os.path.exists, UNTOLD)):
        return
    if not numbers:
        raise UsageError(text.no_cuda(device))
    if number and int(number) not in numbers:
        raise UsageError(text.no_such_gpu(device, len(numbers)))


def default_name(chosen: Recipe) -> str:
    """`resnet18-cifar10`; of a library's or own model and of a data folder the last part."""
    arch, data = _safe(architecture_names.short(chosen.arch)), _safe(Path(chosen.data).name)
    return f"{arch.strip('_') or 'model'}-{data or 'images'}"[:100]


def _safe(name: str) -> str:
    """Only letters, digits, dots, dashes and underscores are kept."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return safe.strip(".-")


def spawn(claim: Claim, chosen: Recipe, *options: str) -> subprocess.Popen[bytes]:
    """Start the engine in a session of its own, so that no terminal's end reaches it.

    The lock goes with it; our copy of the descriptor is closed, not unlocked. Raises RunError
    where it cannot be started.
    """
    run_creation.link_into_state(claim.run)
    try:
        command = _engine(claim, chosen, *options)
        return _detached(claim.run, command.arguments, command.variables, claim.lock)
    finally:
        os.close(claim.lock)


def start_inspection_server(run: RunDir) -> subprocess.Popen[bytes]:
    """Start a process that answers looks inside a run that no engine trains.

    What it has to complain of is the last line of the run's log. Raises EngineError.
    """
    chosen = build_recipe(file=read_fields(run.recipe))
    arguments = [sys.executable, "-m", "engine", str(run.path), "--look"]
    return _detached(run, arguments, environment(chosen))


def _detached(
    run: RunDir, arguments: list[str], variables: Mapping[str, str], *kept: int
) -> subprocess.Popen[bytes]:
    """A process in a session of its own that writes to the run's log and `kept` descriptors alone.

    Raises RunError where it cannot be started.
    """
    try:
        with open(os.open(run.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)) as log:
            return subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=kept,
                env=variables,
            )
    except OSError as error:
        raise RunError(text.cannot_write(run.log, text.reason(error))) from error


class Command(NamedTuple):
    """How a process is started."""

    arguments: list[str]
    variables: Mapping[str, str]


def _engine(claim: Claim, chosen: Recipe, *options: str) -> Command:
    run, lock = str(claim.run.path), str(claim.lock)
    check_device(chosen.device)
    count = ranks(chosen)
    several = ["--ranks", str(count)] if count > 1 else []
    arguments = [sys.executable, "-m", "engine", run, "--lock-fd", lock, *several, *options]
    return Command(arguments, environment(chosen, count))


def become(claim: Claim, chosen: Recipe, *options: str) -> NoReturn:
    """Replace this process by the engine, in the foreground."""
    run_creation.link_into_state(claim.run)
    os.set_inheritable(claim.lock, True)
    sys.stdout.flush()
    command = foreground(claim, chosen, *options)
    os.execve(sys.executable, command.arguments, dict(command.variables))


def foreground(claim: Claim, chosen: Recipe, *options: str) -> Command:
    """An engine that prints lines and holds this claim."""
    return _engine(claim, chosen, "--lines", *options)


def preview(chosen: Recipe) -> events.Augmented:
    """Some training images of this recipe, as a network would see them.

    Raises EngineError with what the engine complained of.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(to_toml(chosen))
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "engine", "--preview", file.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(chosen),
            check=False,
        )
    with contextlib.suppress(msgspec.MsgspecError):
        shown = events.decode(done.stdout)
        if isinstance(shown, events.Augmented):
            return shown
    complaint = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    raise RunError(text.harmless(complaint.removeprefix("cnn-tui: ")) or start_text.NO_PREVIEW)


def environment(chosen: Recipe, processes: int = 1) -> Mapping[str, str]:
    """What must be set before torch is loaded: the threads, and a module path that is ours.

    So many processes share the cores of this machine.
    What the user has set for the allocator, the compiler and the order of GPUs stands.
    """
    threads = chosen.threads
    count = max(1, cores() // processes) if threads == "auto" else threads
    usual = {
        "TORCHINDUCTOR_COMPILE_THREADS": str(min(count, COMPILE_WORKERS)),
        "CUDA_DEVICE_ORDER": gpu_numbering.ORDER,  # so that the launcher's numbers are torch's
        **KEEP_MEMORY,
    }
    fixed = {
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": str(count),
        "OMP_DYNAMIC": "FALSE",
        "MKL_DYNAMIC": "FALSE",
    }
    return usual | os.environ | fixed


def check_modules() -> None:
    """Raise RunError where a module of another project hides one of ours."""
    ours = Path(engine.__file__ or "").resolve().parent.parent
    for module in ("cnn_tui", "engine", "tui"):
        spec = importlib.util.find_spec(module)
        found = Path(spec.origin).resolve() if spec and spec.origin else Path()
        if found.parent.parent != ours:
            raise RunError(start_text.intruder(module, found, ours))
