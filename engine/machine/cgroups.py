"""The limits of a container or a batch job, which may be lower than the machine's.

See "Control Group v2" and the controllers of version 1 in the Linux kernel's documentation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
TOPOLOGY = Path("/sys/devices/system/cpu")
MEMBERSHIP = Path("/proc/self/cgroup")


def group_folders(root: Path, membership: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's control group and of the group's parents.

    The membership file has lines such as `4:memory:/job/step`. The controller of version 2 is "".
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controller in controllers.split(","):
            inner = Path(path.strip("/"))
            yield from (root / part for part in (inner, *inner.parents))


def usable_cores(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> int:
    """The number of CPUs that this process may use, by its affinity and its groups' quotas.

    A quota is rounded down to whole cores. With one more thread, the kernel would stop a thread in
    the middle of every step, and the others would wait for it.
    """
    return max(1, int(min([len(os.sched_getaffinity(0)), *_quotas(groups, membership)])))


def computing_cores(
    groups: Path = GROUPS, membership: Path = MEMBERSHIP, topology: Path = TOPOLOGY
) -> int:
    """The same, but hyperthreads of one core count once: they share its arithmetic units."""
    cores = {_core(cpu, topology) for cpu in os.sched_getaffinity(0)}
    return min(len(cores), usable_cores(groups, membership))


def _core(cpu: int, topology: Path) -> str:
    """The hyperthreads that share the core of this one, such as `0,64`; without a list, itself."""
    siblings = _words(topology / f"cpu{cpu}" / "topology" / "thread_siblings_list")
    return siblings[0] if siblings else str(cpu)


def _quotas(groups: Path, membership: Path) -> Iterator[float]:
    """The quotas of this process's groups, in cores. A group without a quota is left out."""
    for group in group_folders(groups, membership, ""):
        quota = _words(group / "cpu.max")
        if quota and quota[0] != "max":
            yield int(quota[0]) / int(quota[1])
    for group in group_folders(groups / "cpu", membership, "cpu"):
        quota = [*_words(group / "cpu.cfs_quota_us"), *_words(group / "cpu.cfs_period_us")]
        if len(quota) == 2 and int(quota[0]) > 0:
            yield int(quota[0]) / int(quota[1])


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
