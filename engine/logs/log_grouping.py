"""Which folders with event files are one log: that of one training."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.logs.columns import is_split


def one_log_each(folders: Iterable[Path]) -> list[Path]:
    """Of these folders, which all hold event files, or of their parents, those that are a log each.

    The subfolders of such a folder belong to its log: `add_scalars` and `add_hparams` make them.
    Where all such folders in one folder are named for splits, as by Keras, that one is the log.
    """
    logs = list[Path]()
    for folder in sorted(folders):  # a folder comes before those in it
        if not any(folder.is_relative_to(log) for log in logs[-1:]):
            logs.append(folder)
    by_parent: dict[Path, list[Path]] = {}
    for log in logs:
        by_parent.setdefault(log.parent, []).append(log)
    return [
        one
        for parent, inside in by_parent.items()
        for one in ([parent] if all(is_split(log.name) for log in inside) else inside)
    ]
