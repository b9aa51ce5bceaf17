"""The kernel's count of processes that it ended for lack of memory.

Version 2 of the control groups counts in `memory.events`, version 1 in `memory.oom_control`, and
the whole machine in `/proc/vmstat`. Each file has a line `oom_kill N`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine import regular_files
from engine.machine.cgroups import GROUPS, MEMBERSHIP, group_folders

MACHINE = Path("/proc/vmstat")


def counting_file(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> Path | None:
    """The file that counts for the smallest group of this process; None if no file does."""
    return next((file for file in _files(groups, membership) if count(file) is not None), None)


def count_here() -> tuple[str, int]:
    """The file that counts for this process, "" if none does, and its present count."""
    file = counting_file()
    return ("", 0) if file is None else (str(file), count(file) or 0)


def _files(groups: Path, membership: Path) -> Iterator[Path]:
    for folder in group_folders(groups, membership, ""):
        yield folder / "memory.events"
    for folder in group_folders(groups / "memory", membership, "memory"):
        yield folder / "memory.oom_control"
    yield MACHINE


def count(file: Path) -> int | None:
    """The number of processes that this file counts; None if it counts none of them."""
    try:
        lines = regular_files.read_text(file).splitlines()
    except OSError:
        return None
    counts = dict(line.split(" ", 1) for line in lines if " " in line)
    return int(counts["oom_kill"]) if counts.get("oom_kill", "").isdecimal() else None
