"""The results of all runs of a race, and what is kept of them where a race has come to its end.

An outcome stays what it is when somebody frees the disk of the folders of its runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine import regular_files
from engine.errors import RunError
from engine.racing import race_file
from engine.racing.race import Race
from engine.racing.run_results import RunResults, found_runs, run_results
from engine.run.durable_files import save
from engine.run.run_trash import trash_of

FILE = "results.json"


def read_results(runs_dir: Path, race: Race) -> dict[str, RunResults]:
    """The results of the runs of a race, by the labels that its file has.

    Raises RunError if the runs folder cannot be read.
    """
    labels = [run.run for run in race.runs]
    results = {label: run_results(run) for label, run in found_runs(runs_dir, labels).items()}
    for lost in (_deleted, _kept):
        gone = [label for label in labels if results[label].state == "gone"]
        results |= lost(runs_dir, race, gone) if gone else {}
    for label in labels[race.made :]:  # its folder is being made
        if results[label].state == "gone":
            results[label] = results[label]._replace(state="queued")
    for label in results.keys() & set(race.dropped):
        results[label] = results[label]._replace(dropped=True)
    return results


def keep_results(runs_dir: Path, race: Race) -> None:
    """Keep what the runs of a race have reached, which trains nothing more.

    The next runner does it where a run of it still trains, or the disk takes no file. Raises as
    `read_results`.
    """
    results = read_results(runs_dir, race)
    if any(each.state == "training" for each in results.values()):
        return
    content = msgspec.json.encode(results)
    file = _file(runs_dir, race)
    with contextlib.suppress(RunError):
        if content != _content(file):
            save(file, content)


def _deleted(runs_dir: Path, race: Race, labels: list[str]) -> dict[str, RunResults]:
    """The results of those of these runs that are in the trash.

    What they have reached still counts: else other recipes would go on in their place.
    """
    found = found_runs(trash_of(runs_dir), labels)
    return _removed({label: run_results(run) for label, run in found.items()})


def _kept(runs_dir: Path, race: Race, labels: list[str]) -> dict[str, RunResults]:
    """The results of those of these runs that were kept: they count like those in the trash."""
    kept: dict[str, RunResults] = {}
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
        kept = msgspec.json.decode(_content(_file(runs_dir, race)), type=dict[str, RunResults])
    return _removed({label: kept[label] for label in labels if label in kept})


def _removed(results: Mapping[str, RunResults]) -> dict[str, RunResults]:
    return {
        label: each._replace(dropped=True, removed=True)
        for label, each in results.items()
        if each.state != "gone"
    }


def _file(runs_dir: Path, race: Race) -> Path:
    return race_file.races_folder(runs_dir) / race.label / FILE


def _content(file: Path) -> bytes:
    with contextlib.suppress(OSError):
        return regular_files.read_bytes(file)
    return b""
