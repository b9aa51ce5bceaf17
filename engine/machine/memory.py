"""Free memory, which may be less in a container or a batch job than on the whole machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from engine.machine.cgroups import GROUPS, MEMBERSHIP, group_folders


class CgroupVersion(NamedTuple):
    """The file names of one version of control groups, and its controller for memory."""

    controller: str
    folder: str
    limit: str
    used: str
    cache: str


VERSIONS = (
    CgroupVersion("", "", "memory.max", "memory.current", "inactive_file"),
    CgroupVersion(
        "memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
    ),
)


class GroupMemory(NamedTuple):
    """The limit of a control group, and what is left of it, in bytes."""

    limit: int
    free: int


def free_bytes(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> int:
    """The bytes that this process can still allocate, by the machine and by its control groups."""
    limited = limited_groups(groups, membership)
    return min([psutil.virtual_memory().available, *(group.free for group in limited)])


def limited_groups(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> Iterator[GroupMemory]:
    """This process's groups that have a limit. Their reclaimable cache counts as free."""
    for version in VERSIONS:
        for group in group_folders(groups / version.folder, membership, version.controller):
            try:
                limit = (group / version.limit).read_text().strip()
                used = int((group / version.used).read_text())
                stat = (group / "memory.stat").read_text().splitlines()
            except OSError:
                continue
            if limit != "max":
                cache = dict(line.split() for line in stat).get(version.cache, "0")
                yield GroupMemory(int(limit), max(0, int(limit) - used + int(cache)))
