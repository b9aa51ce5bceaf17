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

from engine import archname, events, hardware, recipe, rundir, text, visible
from engine.cgroups import cores
from engine.commands import MOST_EPOCHS
from engine.errors import RunError, UsageError
from engine.history import History
from engine.journal import glimpse, superseded
from engine.recipe import Recipe
from engine.rundir import Claim, RunDir

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

    Raises UsageError and RunError as `rundir.create`, and as `ranks`.
    """
    ranks(chosen)
    return rundir.create(runs_dir, name or default_name(chosen), recipe.to_toml(chosen))


def ranks(chosen: Recipe) -> int:
    """How many processes train a run on this machine: one a GPU, or as many as are asked for.

    Raises UsageError where there are not so many GPUs, or they cannot share the batch.
    """
    if chosen.gpus == 1:
        return 1
    if ":" in chosen.device:
        raise UsageError(text.gpus_and_number(chosen.device))
    there = len(hardware.usable_gpus()) if chosen.device != "cpu" else cores()
    count = there if chosen.gpus == "all" else chosen.gpus
    if chosen.device != "cpu" and not 0 < count <= there:
        raise UsageError(text.too_few_gpus(count, there))
    recipe.share(chosen.batch, count)
    return count


def check_device(device: str) -> None:
    """Raise UsageError for a GPU that is not on this machine, as far as is known without torch."""
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return
    known = hardware.gpus()
    count = sum(gpu.cuda is not UNSET for gpu in known)
    if not known and any(map(os.path.exists, UNTOLD)):
        return
    if not count:
        raise UsageError(text.no_cuda(device))
    if number and int(number) >= count:
        raise UsageError(text.no_such_gpu(device, count))


def default_name(chosen: Recipe) -> str:
    """`resnet18-cifar10`; of a library's or own model and of a data folder the last part."""
    arch, data = _safe(archname.short(chosen.arch)), _safe(Path(chosen.data).name)
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
    rundir.link_into_state(claim.run)
    try:
        command = _engine(claim, chosen, *options)
        return _detached(claim.run, command.arguments, command.variables, claim.lock)
    finally:
        os.close(claim.lock)


def look(run: RunDir) -> subprocess.Popen[bytes]:
    """Start a process that answers looks inside a run that no engine trains.

    What it has to complain of is the last line of the run's log. Raises EngineError.
    """
    chosen = recipe.build(file=recipe.load(run.recipe))
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
    rundir.link_into_state(claim.run)
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
        file.write(recipe.to_toml(chosen))
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
    raise RunError(text.harmless(complaint.removeprefix("cnn-tui: ")) or text.NO_PREVIEW)


def environment(chosen: Recipe, processes: int = 1) -> Mapping[str, str]:
    """What must be set before torch is loaded: the threads, and a module path that is ours.

    So many processes share the cores of this machine.
    What the user has set for the allocator, the compiler and the order of GPUs stands.
    """
    threads = chosen.threads
    count = max(1, cores() // processes) if threads == "auto" else threads
    usual = {
        "TORCHINDUCTOR_COMPILE_THREADS": str(min(count, COMPILE_WORKERS)),
        "CUDA_DEVICE_ORDER": visible.ORDER,  # so that the launcher's numbers are torch's
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
    ours = Path(__file__).resolve().parent.parent
    for module in ("engine", "tui"):
        spec = importlib.util.find_spec(module)
        found = Path(spec.origin).resolve() if spec and spec.origin else Path()
        if found.parent.parent != ours:
            raise RunError(text.intruder(module, found, ours))


def resume(
    run: RunDir,
    epochs: int | None = None,
    gpus: int | str | None = None,
    device: str | None = None,
    *,
    force: bool = False,
) -> tuple[Claim, Recipe]:
    """The lock of a run that no engine holds, and its recipe as resolved, for so many `gpus`.

    A run that is done goes on only for more `epochs` in all; one that is silent only by `force`. On
    another `device` it stays: its recipe then says so, and is resolved anew at the start.
    Raises RunError where it is already running or done, UsageError where its recipe cannot be read
    or it has trained for so long already, and as `ranks` and `check_device`.
    """
    _check_total(run, epochs)
    said = {} if gpus is None else {"gpus": gpus}
    file = known = recipe.load(run.recipe)
    if device is not None and device != recipe.build(file=known).device:
        file = recipe.moved(known, device)
    moves = file is not known
    chosen = recipe.build(file=file, flags=said)
    if moves:
        check_device(chosen.device)
    ranks(chosen)
    claim = Claim(run, rundir.take(run, force=force))
    if moves:
        _rewrite(run, recipe.build(file=file))
    return claim, chosen


def _rewrite(run: RunDir, chosen: Recipe) -> None:
    try:
        rundir.write_durably(run.recipe, recipe.to_toml(chosen).encode())
    except OSError as error:
        raise RunError(text.cannot_write(run.recipe, text.reason(error))) from error


def _check_total(run: RunDir, epochs: int | None) -> None:
    """Raise where the run cannot go on to so many epochs in all: RunError where none are said."""
    if epochs is None:
        if is_done(run):
            raise RunError(text.already_done(run.label))
        return
    if epochs > MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(MOST_EPOCHS))
    if epochs < (least := least_epochs(run)):
        raise UsageError(text.trained_already(run.label, least - 1))


def least_epochs(run: RunDir) -> int:
    """After how many epochs the run can end at the earliest, as a glimpse of its journal tells."""
    if not (run.checkpoints / "last.pt").exists():
        return 1
    seen = glimpse(run.journal)
    resumes = [event for event in seen if isinstance(event, events.Resumed)]
    saves = [
        event
        for event in seen
        if isinstance(event, events.Checkpointed)
        and event.file == "last.pt"
        and not superseded(event, resumes)
    ]
    return saves[-1].epoch + (saves[-1].reason == "epoch") if saves else 1


def is_done(run: RunDir) -> bool:
    """Whether the run has come to its planned end."""
    history = History()
    history.fold(glimpse(run.journal))
    return history.ended is not None and history.ended.reason == "done"


def resume_or_create(
    chosen: Recipe, runs_dir: Path, name: str, *, force: bool = False
) -> tuple[Claim, Recipe] | RunDir:
    """The newest run of this name to go on with, a new one where there is none.

    Where that run is done there is nothing to do, and it is returned itself. So the same command
    line may be given again and again, as a scheduler does. Raises RunError where the run is already
    running, and what `create` raises.
    """
    with rundir.choosing(runs_dir):
        known = next((run for run in rundir.runs(runs_dir) if run.name == name), None)
        if known is None:
            return create(chosen, runs_dir, name), chosen
        if is_done(known):
            return known
        device = None if chosen.device == "auto" else chosen.device
        return resume(known, gpus=chosen.gpus, device=device, force=force)
