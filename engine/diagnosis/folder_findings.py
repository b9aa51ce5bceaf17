"""Examines the folders for runs, temporary files and data sets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.catalog import datasets
from engine.data.cache import kept_stores
from engine.data.inventory import kept_copies
from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding, Verdict
from engine.diagnosis.folder_trial import nearest_folder, tried
from engine.machine import file_systems
from engine.numbers import size

SECTION = "folders"
# A checkpoint of a large net takes some hundred MB, three of them at a time.
DISK_TIGHT = 2_000_000_000


def runs(system: System, folder: Path) -> Iterator[Finding]:
    shown = system.shown(str(folder))
    trial = tried(folder)
    if trial.error:
        value = words.not_writable(shown, trial.error)
        yield Finding(SECTION, "runs", value, "failure", words.OTHER_RUNS_FOLDER)
        return
    yield Finding(SECTION, "runs", shown)
    place = nearest_folder(folder)
    yield Finding(SECTION, "file system of the runs", file_system(system, place))
    if trial.locks:
        yield Finding(SECTION, "locks among the runs", words.LOCKS_WORK)
    else:
        yield Finding(SECTION, "locks among the runs", words.NONE, "warning", words.RUNS_UNLOCKED)
    yield _room(SECTION, "room for runs", place)


def _room(section: str, name: str, folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    if free < DISK_TIGHT:
        return Finding(section, name, size(free), "warning", words.FREE_DISK)
    return Finding(section, name, size(free))


def temporary(system: System) -> Iterator[Finding]:
    """Nothing but the length of its path is told. Python falls back to `/tmp` without TMPDIR."""
    folder = Path(system.environment.get("TMPDIR") or "/tmp")
    length = len(os.fsencode(folder.absolute()))
    value, name = words.path_length(length), "TMPDIR"
    trial = tried(folder) if folder.is_dir() else None
    if trial is None or trial.error:
        why = words.MISSING if trial is None else trial.error
        verdict: Verdict = "warning" if _is_any_temporary() else "failure"
        yield Finding(SECTION, name, words.not_writable(value, why), verdict, words.OTHER_TMPDIR)
        return
    yield Finding(SECTION, name, value)
    yield _room(SECTION, "room in TMPDIR", folder)


def _is_any_temporary() -> bool:
    """Whether Python finds a folder for temporary files."""
    try:
        tempfile.gettempdir()
    except OSError:
        return False
    return True


def unpacked(system: System) -> Iterator[Finding]:
    """What copies of data that were unpacked take on the disk."""
    if taken := kept_copies.kept_bytes():
        place = system.shown(str(kept_copies.folder()))
        yield Finding(SECTION, "unpacked data", words.unpacked(size(taken), place))


def images(system: System) -> Iterator[Finding]:
    """What the decoded images take that are kept, and may take at most."""
    folder = kept_stores.default_folder()
    taken = sum(store.bytes for store in kept_stores.stores(folder))
    most = kept_stores.most_bytes(nearest_folder(folder), taken)
    value = words.decoded_images(size(taken), size(most), system.shown(str(folder)))
    yield Finding(SECTION, "decoded images", value)


def data(data_dir: str = "") -> Iterator[Finding]:
    found = [
        facts.key
        for facts in datasets.DATASETS.values()
        if not facts.files or datasets.folder_of(facts, data_dir) is not None
    ]
    missing = [key for key in datasets.DATASETS if key not in found]
    yield Finding("data sets", "on this disk", ", ".join(found))
    if missing:
        yield Finding("data sets", "downloaded when asked for", ", ".join(missing))


def file_system(system: System, folder: Path) -> str:
    """The type of the file system of a folder."""
    return file_systems.type_of(folder, system.text("proc/self/mountinfo")) or words.UNKNOWN
