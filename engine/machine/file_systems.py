"""The types of file systems, as Linux names them in `/proc/self/mountinfo` (proc(5))."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# File systems whose files another machine holds. Those of FUSE are mostly such, but for `fuseblk`,
# which is a local disk of another system.
NETWORK = (
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs"),
    *("glusterfs", "orangefs", "pvfs2", "panfs", "gfs2", "ocfs2", "ncpfs", "coda"),
)
FUSE = "fuse."
# File systems of which a file keeps its number for life. Others make numbers up, such as FAT and
# many of FUSE: a file gets another one whenever the system has forgotten it for a while.
LASTING = (
    "ext2",
    "ext3",
    "ext4",
    "xfs",
    "btrfs",
    "zfs",
    "f2fs",
    "bcachefs",
    "jfs",
    "tmpfs",
    "overlay",
)


def mounts() -> str:
    """What is mounted for this process; "" where the system does not tell."""
    with contextlib.suppress(OSError):
        return MOUNTS.read_text(errors="surrogateescape")
    return ""


def type_of(folder: Path, mounted: str) -> str:
    """The type of the file system, by the longest mount point that leads to the folder, or ""."""
    best, kind = "", ""
    for line in mounted.splitlines():
        place, _, rest = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place.split()[4])
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, rest.split()[0]
    return kind


def is_network(kind: str) -> bool:
    """Whether another machine holds the files of such a file system."""
    return kind in NETWORK or kind.startswith(FUSE)
