"""What `cnn-tui doctor` says, and what it advises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.text import PIP, harmless

NONE, UNKNOWN, MISSING = "none", "unknown", "it is not there"
NOT_INSTALLED = "not installed"


def not_writable(value: str, why: str) -> str:
    return f"{harmless(value)}: cannot be written ({harmless(why)})"


def free_of(free: str, total: str) -> str:
    return f"{free} of {total} free"


# Program

TORCH_HANGS = "loading PyTorch did not end within two minutes"
TORCH_SLOW = "Try again when the machine is less busy: a run would wait as long."
TORCH_BROKEN = f"Install PyTorch again: {PIP} install --force-reinstall torch torchvision."
WITHOUT_CUDA = "none: this build of PyTorch computes on the CPU alone"


def install(package: str) -> str:
    return f"Install it: {PIP} install {package}."


def ended(code: int) -> str:
    return f"the process that loads PyTorch ended with code {code} and without a word"


# GPUs

NONE_HERE = "none, so runs compute on the CPU"
HIDDEN = "hidden by CUDA_VISIBLE_DEVICES, so runs compute on the CPU"
UNUSABLE = "one is here, but PyTorch cannot use it, so runs compute on the CPU"
GPU_UNUSABLE = "Install a build of PyTorch for the driver of this machine (pytorch.org)."
TORCH_WITHOUT_CUDA = "Install a build of PyTorch with CUDA (pytorch.org)."
GPU_BROKEN = "Train on another GPU with --device cuda:N, or on --device cpu."
GPU_FULL = "Train on another GPU with --device cuda:N, wait for the others, or use --set batch=32."


def computes(capability: str) -> str:
    return f"computes, compute capability {capability}"


def held(processes: int, memory: str) -> str:
    several = "1 other process holds" if processes == 1 else f"{processes} other processes hold"
    return f"; {several} {memory}"


# Starts


def start_of(run: int | None) -> str:
    return f"run {run}, the newest that got to a step"


# Processor

NO_VECTORS = "no vector instructions that PyTorch has kernels for"
SLOW_CPU = "Training will be slow: use a newer CPU or a GPU."
BF16_MEASURED = "in hardware; each architecture is measured once"
BF16_NEVER = "not in hardware, so runs compute in float32"


def cores(usable: int, computing: int) -> str:
    """Usable are those of affinity and quota; hyperthreads of one core compute as one."""
    usual = f"{usable} usable (affinity, quota)"
    return usual if usable == computing else f"{usual}, {computing} without hyperthreads"


# Choices

KEEP_CHOICES = (
    "Set XDG_CACHE_HOME to a folder that can be written: else each start measures again, and may "
    "choose another precision."
)
CHOICES_UNLOCKED = "Nothing needs to be done: starts at the same time all measure, and then agree."
FORGET_CHOICES = "cnn-tui doctor --forget-choices"
NOTHING_MEASURED = "nothing was measured yet"


def no_locks(folder: str) -> str:
    return f"{harmless(folder)}: no locks there"


def gain(name: str, measured: float, least: float, *, taken: bool) -> str:
    """How many times as fast an alternative was, and whether that was enough."""
    if taken:
        return f"{name} is {measured:.2f}× as fast as what it replaces"
    return f"{name} is only {measured:.2f}× as fast; from {least:g}× on it is taken"


def chosen(values: Iterable[str], reasons: Iterable[str]) -> str:
    """`float32, channels-last (bf16 is only 1.05× as fast; from 1.25× on it is taken)`."""
    told = "; ".join(reasons)
    return f"{', '.join(values)} ({told})" if told else ", ".join(values)


def apart(differing: Mapping[str, str]) -> list[str]:
    """`batch 64`: what tells a choice from another one with the same name."""
    return [f"{key} {harmless(value)}" for key, value in differing.items()]


def step_time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms a step"


# Memory

NO_LIMIT = "none"
FREE_MEMORY = "End other programs, or raise the memory of the container or job."
MOUNT_SHM = "Mount it: mount -t tmpfs tmpfs /dev/shm; processes that decode images need it."
WRITE_SHM = "Mount it writable: processes that decode images keep their semaphores there."
EMPTY_SHM = "Delete files there, or give the container more: docker run --shm-size=1g."

# Folders

LOCKS_WORK = "work"
OTHER_RUNS_FOLDER = "Choose a folder that can be written: --runs-dir FOLDER, or CNN_TUI_RUNS."
RUNS_UNLOCKED = "Never start two engines on one run here: without locks, nothing keeps them apart."
FREE_DISK = "Delete old runs or data: a run that cannot save loses what it has learned."
OTHER_TMPDIR = "Set TMPDIR to a folder that can be written, such as /tmp."


def path_length(length: int) -> str:
    return f"path of {length} bytes"


# The user's own settings

FILE, BUILT_IN = "config.toml", "built-in"
OPTION_RUNS, OPTION_DATA = "--runs-dir", "--data-dir"


def no_file(path: str) -> str:
    return f"none ({path} would be it)"


def sourced(value: str, source: str) -> str:
    """`./runs (built-in)`"""
    return f"{value} ({source})"


# Session

NO_LOGIND = "no systemd-logind here that ends runs"
LINGER = "Run once: loginctl enable-linger; else your runs end when you log out."
IN_JOB = "inside of a job: a run ends with it"
REQUEUE = "Use --name NAME --resume auto, so that a requeued job continues its run."
OUTSIDE_JOB = "it is here, but this is not a job"
SUBMIT = "Train inside of a job (sbatch, srun): machines for logging in are not for training."


def logout(*, kills: bool, lingers: bool) -> str:
    if not kills:
        return "logind lets runs go on"
    return "logind lets runs go on, since you linger" if lingers else "logind ends your runs"


def decoded_images(taken: str, most: str, folder: str) -> str:
    return f"{taken} of at most {most} in {folder}; cnn-tui cache lists and clears them"


def unpacked(taken: str, folder: str) -> str:
    return f"{taken} in {folder}, which may be deleted when no run needs it"
