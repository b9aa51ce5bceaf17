"""How much memory a process may still take: a container or a job has less than the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from engine.machine.cgroups import GROUPS, MEMBERSHIP, folders


class Version(NamedTuple):
    """How a version of control groups names things; `controller` is a line of the membership."""

    controller: str
    folder: str
    limit: str
    used: str
    cache: str


VERSIONS = (
    Version("", "", "memory.max", "memory.current", "inactive_file"),
    Version(
        "memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
    ),
)


def free(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> int:
    """Bytes that are free on the machine and in each control group that this process is in."""
    return min([psutil.virtual_memory().available, *_left(groups, membership)])


def _left(groups: Path, membership: Path) -> Iterator[int]:
    """What is left in each of our groups that has a limit; what can be dropped counts as free."""
    for version in VERSIONS:
        for group in folders(groups / version.folder, membership, version.controller):
            try:
                limit = (group / version.limit).read_text().strip()
                used = int((group / version.used).read_text())
                stat = (group / "memory.stat").read_text().splitlines()
            except OSError:
                continue
            if limit != "max":
                cache = dict(line.split() for line in stat).get(version.cache, "0")
                yield max(0, int(limit) - used + int(cache))
