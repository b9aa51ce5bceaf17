"""Finds the checkpoint that RUN or FILE means on a command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from engine.errors import RunError, UsageError
from engine.run import run_search, run_text
from engine.run.run_paths import RunDir


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
    files = (run.checkpoints / name for name in ("best.pt", "last.pt"))
    return next((path for path in files if os.path.isfile(path)), None)


def find_saved(source: str, runs_dir: Path) -> SavedFile:
    """The file that `source` names, or the best checkpoint of the run that it selects.

    An empty `source` selects the newest run. Raises RunError if there is no such run, and
    UsageError if it has no checkpoint.
    """
    path = Path(os.path.expanduser(source))
    if os.path.isfile(path):  # False also for a name that no file can have
        found = path.parent.resolve() / path.name  # a cache links a name to content without one
        run = RunDir(found.parent.parent)
        return SavedFile(found, run if os.path.isfile(run.recipe) else None)
    try:
        run = run_search.find(runs_dir, source)
    except RunError as error:
        if not source:
            raise
        raise RunError(run_text.no_file_either(source, str(error))) from error
    saved = best_file(run)
    if saved is None:
        raise UsageError(run_text.nothing_saved(run.label))
    return SavedFile(saved.resolve(), run)


def find_run(source: str, runs_dir: Path) -> RunDir:
    """The run that `source` selects, or in whose folder the file lies.

    Raises RunError if there is no such run, and UsageError for a file that lies in none.
    """
    path = Path(os.path.expanduser(source))
    if not os.path.isfile(path):
        return run_search.find_readable(runs_dir, source)
    run = find_saved(source, runs_dir).run
    if run is None:
        raise UsageError(run_text.file_of_no_run(source))
    return run
