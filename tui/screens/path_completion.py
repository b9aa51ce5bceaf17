"""Completes the path of a folder or a file of data, as a shell does."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from engine.data.inventory.data_files import is_data_file


class Completion(NamedTuple):
    """The path as far as it is certain, and the names of the entries that it may become."""

    path: str
    names: list[str]


def completed(written: str, is_wanted: Callable[[str], bool] = is_data_file) -> Completion:
    """Complete this path; hidden folders count only after a dot. Reads one folder.

    `is_wanted` says whether a file of this name is one that may be meant.
    """
    head, separator, part = written.rpartition("/")
    before = head + separator
    if written == "~":
        return Completion("~/", [])
    try:
        with os.scandir(os.path.expanduser(before) or ".") as entries:
            found = {
                entry.name: entry.is_dir() for entry in entries if _fits(entry, part, is_wanted)
            }
    except OSError:
        return Completion(written, [])
    names = sorted(found)
    known = os.path.commonprefix(names) or part  # noqa: RUF071 (the letters that all share)
    return Completion(before + known + ("/" if [*found.values()] == [True] else ""), names)


def _fits(entry: os.DirEntry[str], part: str, is_wanted: Callable[[str], bool]) -> bool:
    hidden = entry.name.startswith(".") and not part.startswith(".")
    shown = entry.name.startswith(part) and not hidden and entry.name.isprintable()
    return shown and (entry.is_dir() or is_wanted(entry.name))
