"""A file of arrays: a numpy archive, which `numpy.load` reads.

Equal fields give equal bytes: numpy gives all members of an archive the same time.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine import regular_files
from engine.errors import RunError
from engine.run import run_text
from engine.text import reason

T = TypeVar("T")
Arrays: TypeAlias = Mapping[str, NDArray[Any]]

# What numpy and zipfile raise for a file that is damaged, or of another kind.
DAMAGED = (ValueError, TypeError, EOFError, KeyError, RuntimeError, NotImplementedError)
BROKEN = (*DAMAGED, zipfile.BadZipFile, zlib.error, MemoryError, OverflowError)


def content(fields: Mapping[str, Any]) -> bytes:
    """The bytes of a file with an array for each field."""
    written = io.BytesIO()
    np.savez(written, allow_pickle=False, **fields)
    return written.getvalue()


def compressed(fields: Mapping[str, Any]) -> bytes:
    """The same, for arrays that repeat themselves."""
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **fields)
    return written.getvalue()


def read(path: Path, checked: Callable[[Arrays], T], not_whole: Callable[[Path], str]) -> T | None:
    """What `checked` makes of the arrays in a file, or None where there is no file.

    `checked` raises one of `BROKEN` for arrays that it does not take. Raises RunError for a file
    that cannot be read, and with the sentence of `not_whole` for one with other content.
    """
    try:
        data = regular_files.read_bytes(path)
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return checked(archive)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(run_text.unreadable_file(path, reason(error))) from error
    except BROKEN as error:
        raise RunError(not_whole(path)) from error
