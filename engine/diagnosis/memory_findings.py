"""Examines the memory: the machine's, the limits of a container or job, and /dev/shm."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import psutil

from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding, Verdict
from engine.diagnosis.folder_trial import tried
from engine.machine.memory import free_bytes, limited_groups
from engine.numbers import size

SECTION = "memory"
# An engine on a CPU takes about 400 MB; with less than twice that, it is likely to be killed.
TIGHT, TOO_LITTLE = 800_000_000, 300_000_000
# Semaphores are files there, of a few bytes each.
SHARED_TIGHT = 1_000_000


def memory(system: System) -> Iterator[Finding]:
    total = psutil.virtual_memory().total
    groups, membership = system.root / "sys/fs/cgroup", system.root / "proc/self/cgroup"
    limits = [group.limit for group in limited_groups(groups, membership) if group.limit < total]
    yield Finding(SECTION, "machine", size(total))
    limit = size(min(limits)) if limits else words.NO_LIMIT
    yield Finding(SECTION, "limit of container or job", limit)
    free = free_bytes(groups, membership)
    if free >= TIGHT:
        yield Finding(SECTION, "free", size(free))
        return
    verdict: Verdict = "warning" if free >= TOO_LITTLE else "failure"
    yield Finding(SECTION, "free", size(free), verdict, words.FREE_MEMORY)


def shared_memory(system: System) -> Iterator[Finding]:
    folder, name = system.root / "dev/shm", "/dev/shm"
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        yield Finding(SECTION, name, words.MISSING, "failure", words.MOUNT_SHM)
        return
    value = words.free_of(size(usage.free), size(usage.total))
    trial = tried(folder)
    if trial.error:
        value = words.not_writable(value, trial.error)
        yield Finding(SECTION, name, value, "failure", words.WRITE_SHM)
    elif usage.free < SHARED_TIGHT:
        yield Finding(SECTION, name, value, "failure", words.EMPTY_SHM)
    else:
        yield Finding(SECTION, name, value)
