"""Small arrays in the forms in which people publish them."""

from __future__ import annotations

import gzip
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
IDX_TYPES = {"u1": 8, ">i4": 12}


def grey(count: int = 12, side: int = 28) -> Array:
    """Images (N, side, side) that all differ."""
    return np.random.default_rng(0).integers(0, 256, (count, side, side), np.uint8)


def coloured(count: int = 12, side: int = 28) -> Array:
    """Images (N, side, side, 3) that all differ."""
    return np.random.default_rng(1).integers(0, 256, (count, side, side, 3), np.uint8)


def labels(count: int = 12, classes: int = 2) -> Array:
    return np.arange(count) % classes


def write_idx(path: Path, values: Array, kind: str = "u1") -> Path:
    header = struct.pack(">HBB", 0, IDX_TYPES[kind], values.ndim)
    header += struct.pack(f">{values.ndim}I", *values.shape)
    content = header + values.astype(kind).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_pickle(
    path: Path, table: Mapping[str, object] | Mapping[bytes, object], protocol: int = 2
) -> Path:
    path.write_bytes(pickle.dumps(table, protocol))
    return path


def write_table(path: Path, rows: Array, header: str = "") -> Path:
    lines = [",".join(map(str, row)) for row in rows.tolist()]
    path.write_text("\n".join([header] * bool(header) + lines) + "\n")
    return path
