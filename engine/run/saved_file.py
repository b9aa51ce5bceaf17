"""Finds the checkpoint that RUN or FILE means on a command line."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from engine.errors import RunError, UsageError
from engine.recipes import watched_recipe
from engine.run import run_search, run_text
from engine.run.run_at_path import is_path, path_typed, run_of
from engine.run.run_paths import RunDir, numbered_names

# The checkpoints of a run, the better one first.
SAVED = ("best.pt", "last.pt")


class SavedFile(NamedTuple):
    """A file with weights, and the run in whose folder it lies; None if it lies elsewhere."""

    path: Path
    run: RunDir | None

    @property
    def label(self) -> str:
        """The name of the run, or of a file that lies in none."""
        return self.run.label if self.run is not None else self.path.name

    @property
    def selector(self) -> str:
        """What one types for the run, or for the file that lies in none."""
        return self.run.selector if self.run is not None else str(self.path)


def best_file(run: RunDir) -> Path | None:
    """The checkpoint of the best epoch, else the last one; None where there is none."""
    files = (run.checkpoints / name for name in SAVED)
    return next((path for path in files if os.path.isfile(path)), None)


def find_saved(source: str, runs_dir: Path) -> SavedFile:
    """The file that `source` names, or the best checkpoint of the run that it selects.

    An empty `source` selects the newest run. Raises RunError if there is no such run, or somebody's
    own program trained it, and UsageError if it has no checkpoint.
    """
    path = path_typed(source)
    if not os.path.isfile(path):  # as for a name that no file can have
        path = _in_renamed_run(path) or path
    if os.path.isfile(path):
        return SavedFile(path.parent.resolve() / path.name, run_of(path))
    run = _find_run(source, runs_dir)
    saved = best_file(run)
    if saved is None:
        program = watched_recipe.watched_program(run.recipe)
        if program is not None:
            raise RunError(run_text.network_of_program(run.label, program))
        raise UsageError(run_text.nothing_saved(run.label))
    return SavedFile(saved.resolve(), run)


def _in_renamed_run(path: Path) -> Path | None:
    """This checkpoint of a run that has another name by now, as a race has noted it; else None.

    A run keeps its number.
    """
    before = RunDir(path.parent.parent)
    if before.number is None or path.parent != before.checkpoints or os.path.exists(before.path):
        return None
    with contextlib.suppress(OSError, ValueError):
        for number, label in numbered_names(before.path.parent):
            run = RunDir(before.path.parent / label)
            if number == before.number and os.path.exists(run.recipe):
                return run.checkpoints / path.name
    return None


def _find_run(source: str, runs_dir: Path) -> RunDir:
    """As `run_search.find`, where a file could have been named instead."""
    found = run_search.look_for(runs_dir, source) if source else run_search.find(runs_dir)
    if found is not None:
        return found
    path, why = path_typed(source), run_search.why_none(runs_dir, source)
    if file := next((name for name in SAVED if os.path.isfile(path / name)), ""):
        why = run_text.folder_of_checkpoint(source, file)
    elif not is_path(source) and not os.path.isdir(path):
        why = run_text.no_file_either(source, why)
    raise RunError(why)
