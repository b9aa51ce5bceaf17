"""Gives a run another name. Its number stays, and what leads to its folder is mended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from engine import regular_files, text
from engine.errors import RunError, UsageError
from engine.recipes.recipe_toml import toml_value
from engine.run import run_creation, run_liveness, run_lock, run_search, run_text
from engine.run.durable_files import write_durably
from engine.run.run_paths import RunDir
from engine.run.runs_folder_lock import locked_runs_folder


def place_of(run: RunDir, name: str) -> RunDir:
    """Where a run is under this name. Raises UsageError for a name that cannot name a run."""
    run_creation.check_name(name)
    return RunDir(run.path.with_name(name if run.number is None else f"{run.number}-{name}"))


def rename(run: RunDir, name: str) -> RunDir:
    """The run in its new folder, `NUMBER-NAME`; other runs that start from its weights find them.

    Raises UsageError for a name that cannot name a run, and RunError if the run is live or silent,
    if another run that is starting reads its weights, or if a folder cannot be written. After an
    error everything is as before, but for recipes that a full disk does not take back: with these,
    the same command goes on.
    """
    renamed = place_of(run, name)
    with locked_runs_folder(run.path.parent), run_lock.held(run):
        if os.path.lexists(renamed.path):
            raise UsageError(run_text.name_taken(renamed.label))
        users = [*users_of_weights(run)]
        for user in users:
            if needs_its_weights(user) and run_liveness.liveness(user) != "gone":
                raise RunError(run_text.weights_in_use(run.label, user.label))
        link = run_creation.state_link(run)
        _move(run, renamed, users)
        link.unlink(missing_ok=True)
    run_creation.link_into_state(renamed)
    return renamed


def _move(run: RunDir, renamed: RunDir, users: list[RunDir]) -> None:
    """Mend the recipes first: if this process dies in between, the same command goes on."""
    here, there = _weights_folder(run), _weights_folder(renamed)
    mended: list[tuple[RunDir, bytes]] = []
    try:
        for user in users:
            before = regular_files.read_bytes(user.recipe)
            write_durably(user.recipe, before.replace(here, there))
            mended.append((user, before))
        os.rename(run.path, renamed.path)
    except OSError as error:
        for user, before in mended:
            with contextlib.suppress(OSError):
                write_durably(user.recipe, before)
        raise RunError(text.cannot_write(run.path, text.refused(error))) from error


def users_of_weights(run: RunDir) -> Iterator[RunDir]:
    """The other runs of the folder whose recipes begin with weights of this run."""
    for other in run_search.list_runs(run.path.parent):
        if other != run and _weights_folder(run) in _recipe_of(other):
            yield other


def needs_its_weights(run: RunDir) -> bool:
    """Whether a run would still read the weights that it starts from: it has saved none itself."""
    return not (run.checkpoints / "last.pt").exists()


def _recipe_of(run: RunDir) -> bytes:
    try:
        return regular_files.read_bytes(run.recipe)
    except OSError:
        return b""


def _weights_folder(run: RunDir) -> bytes:
    """How a recipe names a file among the checkpoints of this run."""
    folder: Path = run.path.parent.resolve() / run.path.name / run.checkpoints.name
    return f"init_from = {toml_value(str(folder) + os.sep)[:-1]}".encode()
