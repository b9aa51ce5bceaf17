"""Examines the program: Python, PyTorch, and whether PyTorch works."""

from __future__ import annotations

import contextlib
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import NamedTuple

import msgspec

from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding
from engine.machine.torch_facts import TorchFacts

SECTION = "program"
# Loading PyTorch from a slow disk for the first time may take most of it.
TORCH_SECONDS = 120.0


class TorchAnswer(NamedTuple):
    """What the process found out that loads PyTorch: facts, or the last line of its complaint.

    Without both, it did not end.
    """

    facts: TorchFacts | None = None
    error: str = ""


@contextlib.contextmanager
def torch_asked(environment: Mapping[str, str]) -> Iterator[Callable[[], TorchAnswer]]:
    """Start a process that loads PyTorch. The function waits for its answer."""
    process = subprocess.Popen(
        [sys.executable, "-m", "engine.devices.torch_report"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )

    def answer() -> TorchAnswer:
        try:
            out, err = process.communicate(timeout=TORCH_SECONDS)
        except subprocess.TimeoutExpired:
            return TorchAnswer()
        with contextlib.suppress(msgspec.MsgspecError):
            return TorchAnswer(msgspec.json.decode(out, type=TorchFacts))
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        return TorchAnswer(None, last or words.ended(process.returncode))

    with process:
        try:
            yield answer
        finally:
            process.kill()


def program(system: System) -> Iterator[Finding]:
    yield Finding(SECTION, "cnn-tui", version("cnn-tui") or words.NOT_INSTALLED)
    yield Finding(SECTION, "Python", platform.python_version())
    yield Finding(SECTION, "system", f"{platform.system()} {platform.release()}")
    for package in ("torch", "torchvision"):
        found = version(package)
        if found:
            yield Finding(SECTION, package, found)
        else:
            advice = system.shown(words.install(package))
            yield Finding(SECTION, package, words.NOT_INSTALLED, "failure", advice)


def torch(system: System, answer: TorchAnswer) -> Iterator[Finding]:
    """Whether PyTorch can be loaded, and what it was built for."""
    if answer == TorchAnswer():
        yield Finding(SECTION, "torch loads", words.TORCH_HANGS, "warning", words.TORCH_SLOW)
    elif answer.facts is None:
        value = system.shown(answer.error)
        yield Finding(SECTION, "torch loads", value, "failure", system.shown(words.TORCH_BROKEN))
    else:
        yield Finding(SECTION, "CUDA of torch", answer.facts.cuda or words.WITHOUT_CUDA)
        yield Finding(SECTION, "CPU kernels", answer.facts.kernels)


def version(package: str) -> str:
    """The version of an installed package, read without importing it; else empty."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    return ""
