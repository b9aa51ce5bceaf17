"""Finds runs: all runs of a folder, or the one that a selector means."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from engine import regular_files, text
from engine.errors import RunError
from engine.log_names import kind_of_file
from engine.run import run_liveness, run_notes, run_text
from engine.run.run_at_path import is_path, path_typed, run_at
from engine.run.run_paths import RunDir, numbered_names, state_dir


def list_runs(runs_dir: Path) -> list[RunDir]:
    """The runs in a folder, newest number first. Raises RunError if it cannot be read."""
    found = (RunDir(runs_dir / label) for label in labels(runs_dir))
    return [run for run in found if os.path.exists(run.recipe)]


def labels(runs_dir: Path) -> list[str]:
    """The numbered names in a folder, newest number first: of runs, and of what may be none.

    Raises RunError if the folder cannot be read.
    """
    try:
        return [name for _, name in sorted(numbered_names(runs_dir), reverse=True)]
    except OSError as error:
        raise RunError(run_text.runs_unreadable(runs_dir, text.reason(error))) from error


def _visible(folder: Path) -> list[str]:
    """The names in a folder that are not hidden; none if it is not there."""
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(run_text.runs_unreadable(folder, text.reason(error))) from error


def find(runs_dir: Path, selector: str = "") -> RunDir:
    """The run that a selector means, live or not: see `look_for`; "" means the newest.

    Raises RunError if no run matches, or more than one.
    """
    if selector:
        found = look_for(runs_dir, selector)
        if found is None:
            raise RunError(why_none(runs_dir, selector))
        return found
    known = list_runs(runs_dir)
    if not known:
        raise RunError(run_text.no_runs(runs_dir))
    return known[0]


def of_race(runs_dir: Path, selector: str) -> list[RunDir]:
    """The runs of a folder with the tag of a race, `race:LABEL`, the oldest number first.

    None for another selector. Raises RunError if no run has that tag.
    """
    if not selector.startswith(run_notes.RACE_TAG):
        return []
    known = reversed(list_runs(runs_dir))
    found = [run for run in known if selector in run_notes.read(run).tags]
    if not found:
        raise RunError(run_text.no_run_of_race(selector, runs_dir))
    return found


def look_for(runs_dir: Path, selector: str) -> RunDir | None:
    """The run that a number, a unique part of a name, or a path selects; None if there is none.

    Looks in the folder, then for a path, then at the links in the user's state folder. A number
    counts only within its folder. Raises RunError if more than one run matches.
    """
    path = path_typed(selector)
    if is_path(selector):
        return run_at(path)
    found = matching(list_runs(runs_dir), selector) or run_at(path)
    return found if found or selector.isdecimal() else matching(_linked(), selector)


def why_none(runs_dir: Path, selector: str) -> str:
    """Why a selector finds no run."""
    path = path_typed(selector)
    if selector.isdecimal():
        return run_text.no_number(selector, runs_dir)
    if os.path.isfile(path):
        is_log = kind_of_file(path.name) is not None
        return (run_text.log_of_no_run if is_log else run_text.file_of_no_run)(selector)
    if os.path.isdir(path):
        inside = list_runs(path)
        if not inside and _has_log(path):
            return run_text.log_of_no_run(selector)
        example = str(Path(selector) / inside[0].label) if inside else ""
        return run_text.folder_of_no_run(selector, example)
    if is_path(selector):
        return run_text.nothing_there(selector)
    return run_text.no_run(selector, runs_dir)


def _has_log(folder: Path) -> bool:
    """Whether a folder holds, by its name, a log of another program."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return any(kind_of_file(entry.name) is not None for entry in entries)
    return False


def is_elsewhere(run: RunDir, runs_dir: Path, selector: str) -> bool:
    """Whether a selector that is no path has found this run outside of the runs folder."""
    at_path = run_at(path_typed(selector)) if selector else None
    return run.path.resolve().parent != runs_dir.resolve() and at_path != run


def find_readable(runs_dir: Path, selector: str = "") -> RunDir:
    """As `find`; also raises RunError if the run has a journal that cannot be read."""
    run = find(runs_dir, selector)
    try:
        regular_files.open_to_read(run.journal).close()
    except FileNotFoundError:
        pass  # it has not begun
    except OSError as error:
        raise RunError(run_text.journal_unreadable(run.journal, text.reason(error))) from error
    return run


def matching(known: list[RunDir], selector: str) -> RunDir | None:
    """The run with this number; else the one with this name; else the one with this part of it.

    Digits are never a part of a name: `1` does not mean `2-resnet18`.
    """
    number = int(selector) if selector.isdecimal() else None
    found = [run for run in known if number is not None and run.number == number]
    found = found or [run for run in known if selector in (run.label, run.name)]
    if number is None:
        found = found or [run for run in known if selector in run.label]
    if len(found) > 1:
        labels = {run.label for run in found}
        if len(labels) < len(found):
            raise RunError(run_text.several_of_a_name(selector, [str(r.path) for r in found]))
        raise RunError(run_text.several_runs(selector, (run.label for run in found)))
    return found[0] if found else None


def _linked() -> list[RunDir]:
    links = (state_dir() / name for name in _visible(state_dir()))
    return [RunDir(link.resolve()) for link in links if os.path.exists(link / "recipe.toml")]


def find_live(runs_dir: Path, selector: str = "") -> RunDir:
    """The run that a selector means, if it is live. An empty selector means the only live run.

    Raises RunError as `find` does, and if the run is not live.
    """
    if selector:
        run = find(runs_dir, selector)
        if run_liveness.watch(run) != ["live"]:
            raise RunError(run_liveness.why_not_live(run))
        return run
    known = list_runs(runs_dir)
    found = zip(known, run_liveness.watch(*known), strict=True)
    live = [run for run, liveness in found if liveness == "live"]
    if not live:
        raise RunError(run_text.none_live())
    if len(live) > 1:
        raise RunError(run_text.several_live(run.label for run in live))
    return live[0]


def live_here(runs_dir: Path) -> RunDir | None:
    """A run of this folder, or another one of this user, that is live on this machine.

    Raises RunError if a folder cannot be read.
    """
    for run in _known(runs_dir):
        if run_liveness.is_live(run) and run_liveness.is_here(run):
            return run
    return None


def _known(runs_dir: Path) -> Iterator[RunDir]:
    """The runs of this folder, then those that this user has linked."""
    yield from list_runs(runs_dir)
    yield from _linked()
