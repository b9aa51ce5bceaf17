"""Deletes runs into the folder `.trash` among them, from where they can come back.

A number is never used again: its claim stays, however the trash is emptied.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine import text
from engine.errors import RunError
from engine.run import run_creation, run_lock, run_renaming, run_search, run_text
from engine.run.run_paths import TRASH, RunDir
from engine.run.runs_folder_lock import locked_runs_folder


def trash_of(runs_dir: Path) -> Path:
    return runs_dir / TRASH


def delete(run: RunDir) -> RunDir:
    """Move a run into the trash of its folder, and return it there.

    Raises RunError if it is live or silent, if another run has yet to read its weights, or if a
    folder cannot be written.
    """
    runs_dir = run.path.parent
    with locked_runs_folder(runs_dir), run_lock.held(run):
        for user in run_renaming.users_of_weights(run):
            if run_renaming.needs_its_weights(user):
                raise RunError(run_text.weights_needed(run.label, user.label))
        link = run_creation.state_link(run)
        try:
            if run.number is not None:  # one that was moved here may have claimed none
                run_creation.claim_number(runs_dir, run.number)
            deleted = _moved(run, trash_of(runs_dir))
        except OSError as error:
            raise RunError(text.cannot_write(runs_dir, text.refused(error))) from error
        link.unlink(missing_ok=True)
    return deleted


def trashed(runs_dir: Path) -> list[RunDir]:
    """The runs in the trash of a folder, newest number first."""
    return run_search.list_runs(trash_of(runs_dir))


def restore(runs_dir: Path, selector: str) -> RunDir:
    """Bring the run in the trash back that a number or a part of its name means.

    Raises RunError if there is none, or more than one, or if a folder cannot be written.
    """
    with locked_runs_folder(runs_dir):
        found = run_search.matching(trashed(runs_dir), selector)
        if found is None:
            raise RunError(run_text.not_in_trash(selector, trash_of(runs_dir)))
        try:
            restored = _moved(found, runs_dir)
        except OSError as error:
            raise RunError(text.cannot_write(runs_dir, text.refused(error))) from error
    run_creation.link_into_state(restored)
    return restored


def _moved(run: RunDir, folder: Path) -> RunDir:
    """The run in another folder, under its own name or, if that is taken, one with a number."""
    folder.mkdir(mode=0o700, exist_ok=True)
    label, count = run.label, 1
    while os.path.lexists(folder / label):
        count += 1
        label = f"{run.label}.{count}"
    if run.path.is_symlink():
        os.symlink(_leading_to(run.path, folder), folder / label)
        os.unlink(run.path)
    else:
        os.rename(run.path, folder / label)
    return RunDir(folder / label)


def _leading_to(link: Path, folder: Path) -> str:
    """What a link in another folder must say to lead to the same place: a relative path changes."""
    said = os.readlink(link)
    if os.path.isabs(said):
        return said
    return os.path.relpath(link.parent.resolve() / said, folder.resolve())
