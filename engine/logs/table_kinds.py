"""Which files are tables with the numbers of a training, and of which kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from engine import regular_files
from engine.logs import json_rows
from engine.logs.columns import PLACES, Meaning, column
from engine.logs.csv_rows import delimiter
from engine.logs.damaged_line import DamagedLineError

TableKind: TypeAlias = Literal["CSV", "JSON lines", "JSON"]

BOM = b"\xef\xbb\xbf"
# The most that is read of a file to tell what it is.
HEAD_BYTES = 1 << 16
_NUMBER_IN_JSON = re.compile(rb'"([^"\\]{1,200})"\s*:\s*"?[-\d]')
# A file of settings has these, too.
_ALSO_SETTINGS = frozenset({Meaning.LR, Meaning.SPEED})


def kind_of(head: bytes) -> TableKind:
    """The kind of a table that begins with these bytes."""
    first = head.removeprefix(BOM).lstrip().partition(b"\n")[0]
    if not first.startswith((b"{", b"[")):
        return "CSV"
    try:
        found = json_rows.decode(first)
    except DamagedLineError:
        return "JSON"
    is_row = isinstance(found, dict) and json_rows.history(found) is None
    return "JSON lines" if is_row else "JSON"


def looks_like_log(path: Path) -> bool:
    """Whether the beginning of a file names a measure of a training, and where its rows stand.

    A table needs no column for its rows. False for what cannot be read.
    """
    try:
        with regular_files.open_to_read(path) as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    if b"\0" in head:
        return False
    if kind_of(head) == "CSV":
        line = head.removeprefix(BOM).partition(b"\n")[0].decode("utf-8", "replace")
        found = _meanings(line.split(delimiter(line)))
        return bool(found - PLACES - _ALSO_SETTINGS or (found & PLACES and found - PLACES))
    names = (name.decode("utf-8", "replace") for name in _NUMBER_IN_JSON.findall(head))
    found = _meanings(names)
    return bool(found & PLACES and found - PLACES - _ALSO_SETTINGS)


def _meanings(names: Iterable[str]) -> set[Meaning]:
    known = (column(name.strip(' "\r')).meaning for name in names)
    return {meaning for meaning in known if meaning is not None}
