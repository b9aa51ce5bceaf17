"""Which folders hold a log of TensorBoard, and what a curve in a subfolder is called."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# TensorBoard, too, reads every file with this in its name.
IN_NAME = "tfevents"
# Keras writes each split into a subfolder; these are parts of one training.
SPLITS = ("train", "training", "val", "valid", "validation", "eval", "evaluation", "test", "testing")
DEEPEST = 6
# `add_hparams` makes a subfolder that is named by the time.
_MOMENT = re.compile(r"\d+(\.\d+)?")


def has_event_files(folder: Path) -> bool:
    """Whether event files are in the folder itself."""
    return next(_event_files(folder), None) is not None


def event_files(log: Path) -> list[Path]:
    """The event files of one log, by folder and name; a file is a log of its own.

    Raises OSError if the folder cannot be listed.
    """
    if not log.is_dir():
        os.stat(log)
        return [log]
    os.listdir(log)
    return [path for folder in _folders(log, DEEPEST) for path in sorted(_event_files(folder))]


def event_logs(folder: Path) -> list[Path]:
    """The folders, this one and below, that are one log each.

    The subfolders of a folder with event files belong to its log: `add_scalars` and `add_hparams`
    make them. Where all folders with event files in a folder are named for splits, it is one log.
    """
    if has_event_files(folder):
        return [folder]
    logs = [log for child in _children(folder) for log in event_logs(child)]
    if logs and all(log.parent == folder and log.name in SPLITS for log in logs):
        return [folder]
    return logs


def curve_name(tag: str, folder: str) -> str:
    """What the curve of a tag is called, whose file is in this subfolder of the log ("" for none).

    `add_scalars("loss", {"train": …})` makes a subfolder loss_train, with the tag "loss" in it.
    """
    if not folder or _MOMENT.fullmatch(folder):
        return tag
    main = tag.replace("/", "_") + "_"
    last = folder.rsplit("/", 1)[-1]
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
            found = [entry for entry in entries if IN_NAME in entry.name and entry.is_file()]
    except OSError:
        return
    yield from (Path(entry.path) for entry in found)
