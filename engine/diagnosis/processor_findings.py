"""Examines the processor, and the choices that were measured on it and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.devices.timing import CLEAR_GAIN
from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding
from engine.diagnosis.folder_trial import tried
from engine.machine import kept_choices
from engine.machine.cgroups import computing_cores, usable_cores
from engine.machine.kept_choices import Computation, StepTime, Subject
from engine.machine.processor import processor

SECTION = "processor"
# The instructions that PyTorch has kernels for, slowest first.
TOLD = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")


def cpu(system: System) -> Iterator[Finding]:
    found = processor(system.root / "proc/cpuinfo")
    yield Finding(SECTION, "CPU", found.name)
    told = [name for name in TOLD if name in found.instructions]
    if told:
        yield Finding(SECTION, "instructions", ", ".join(told))
    else:
        yield Finding(SECTION, "instructions", words.NO_VECTORS, "warning", words.SLOW_CPU)
    bf16 = words.BF16_MEASURED if found.multiplies_bf16 else words.BF16_NEVER
    yield Finding(SECTION, "bfloat16", bf16)
    groups, membership = system.root / "sys/fs/cgroup", system.root / "proc/self/cgroup"
    topology = system.root / "sys/devices/system/cpu"
    usable = usable_cores(groups, membership)
    computing = computing_cores(groups, membership, topology)
    yield Finding(SECTION, "cores", words.cores(usable, computing))


def choices(system: System, folder: Path) -> Iterator[Finding]:
    """What was measured on this machine, and whether more can be kept."""
    section = "choices"
    trial = tried(folder)
    where = system.shown(str(folder))
    if trial.error:
        value = words.not_writable(where, trial.error)
        yield Finding(section, "folder", value, "warning", words.KEEP_CHOICES)
    elif not trial.locks:
        yield Finding(section, "folder", words.no_locks(where), "warning", words.CHOICES_UNLOCKED)
    else:
        yield Finding(section, "folder", where)
    made = kept_choices.every(Computation, folder)
    timed = kept_choices.every(StepTime, folder)
    subjects = [*(each.subject for each in made), *(each.subject for each in timed)]
    for computed in made:
        yield _choice(computed.subject, _computation(computed.choice), subjects)
    for step in timed:
        yield _choice(step.subject, words.step_time(step.choice.seconds), subjects)
    if made or timed:
        yield Finding("choices", "to measure again", words.FORGET_CHOICES)
    else:
        yield Finding("choices", "kept", words.NOTHING_MEASURED)


def _computation(choice: Computation) -> str:
    taken = (choice.precision, choice.memory_format)
    reasons = [
        words.gain(name, gain, CLEAR_GAIN, taken=name in taken)
        for name, gain in choice.gains.items()
    ]
    return words.chosen(taken, reasons)


def _choice(subject: Subject, value: str, subjects: Sequence[Subject]) -> Finding:
    """A choice for `lenet5 1×32×32`, with what differs among `subjects` of that name."""
    alike = [other for other in subjects if _name(other) == _name(subject)]
    differing = {
        key: part
        for key, part in subject.items()
        if key != "torch" and any(other.get(key) != part for other in alike)
    }
    version = f"torch {subject.get('torch', '?')}"
    return Finding("choices", _name(subject), ", ".join([value, version, *words.apart(differing)]))


def _name(subject: Subject) -> str:
    return f"{subject.get('architecture', '?')} {subject.get('input', '?')}"
