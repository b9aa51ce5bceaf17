"""The event files of a log of TensorBoard, and what a curve in a subfolder is called."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from engine.log_names import IN_NAME

DEEPEST = 6
# `add_hparams` makes a subfolder that is named by the time.
_MOMENT = re.compile(r"\d+(\.\d+)?")


def event_files(log: Path) -> list[Path]:
    """The event files of one log, by folder and name; a file is a log of its own.

    Raises OSError if the folder cannot be listed.
    """
    if not log.is_dir():
        os.stat(log)
        return [log]
    os.listdir(log)
    return [path for folder in _folders(log, DEEPEST) for path in sorted(_event_files(folder))]


def curve_name(tag: str, folder: str) -> str:
    """What the curve of a tag is called, whose file is in this subfolder of the log ("" for none).

    For `add_scalars("loss", {"train": …})` torch makes a subfolder loss_train, and tensorboardX
    loss/train, with the tag "loss" in it.
    """
    if not folder or _MOMENT.fullmatch(folder):
        return tag
    within, _, last = folder.rpartition("/")
    if within == tag:
        return folder
    main = tag.replace("/", "_") + "_"
    return f"{tag}/{last.removeprefix(main)}" if last.startswith(main) else f"{folder}/{tag}"


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth:
        for child in _children(folder):
            yield from _folders(child, depth - 1)


def _children(folder: Path) -> list[Path]:
    """The folders in a folder, without links, which may lead back; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(each.path) for each in entries if each.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _event_files(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if IN_NAME in entry.name and _is_file(entry)]
    except OSError:
        return
    yield from (Path(entry.path) for entry in found)


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file; False for a link in circles."""
    try:
        return entry.is_file()
    except OSError:
        return False
