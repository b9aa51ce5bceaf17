"""The names of the files that are data sets."""

from __future__ import annotations

import re

SUFFIXES = (
    *(".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"),
    *(".npz", ".npy", ".csv", ".tsv"),
)
# The names in use for files in the format of MNIST: `train-images-idx3-ubyte.gz`.
_IDX = re.compile(r".*[.-]idx[0-9][.-](ubyte|int)(\.gz)?", re.IGNORECASE)


def is_idx(name: str) -> bool:
    """Whether a file of this name is in the format of MNIST."""
    return _IDX.fullmatch(name) is not None


def is_data_file(name: str) -> bool:
    """Whether a file of this name may be a data set."""
    return name.lower().endswith(SUFFIXES) or is_idx(name)
