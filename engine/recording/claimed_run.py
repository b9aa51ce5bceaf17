"""The run that a script gets: a new one, or the one that goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine import text
from engine.errors import RunError
from engine.protocol.script_lines import Hello
from engine.recipes import watched_recipe
from engine.recording import recording_text
from engine.run import run_creation, run_liveness, run_lock, run_search
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir, default_runs_dir

# Written by the script itself.
CHECKPOINT = "script.pt"
# For a script that has no name that a folder can have.
NAMELESS = "script"


class ClaimedRun(NamedTuple):
    """A locked run; `goes_on` says that it was there before, with a checkpoint of the script."""

    claim: Claim
    goes_on: bool

    @property
    def checkpoint(self) -> str:
        """The path of the script's checkpoint; "" in a new run."""
        return str(checkpoint_of(self.claim.run).absolute()) if self.goes_on else ""


def checkpoint_of(run: RunDir) -> Path:
    return run.checkpoints / CHECKPOINT


def claimed(hello: Hello) -> ClaimedRun:
    """The run for this script, locked for this process.

    Raises RunError with the sentence for the user if there can be none.
    """
    runs_dir = Path(hello.runs_dir).expanduser() if hello.runs_dir else default_runs_dir()
    try:
        for run in _resumable(runs_dir, hello) if hello.resume else ():
            return ClaimedRun(Claim(run, run_lock.acquire(run)), goes_on=True)
        toml = watched_recipe.to_toml(hello.program, "", hello.settings)
        claim = run_creation.create(runs_dir, folder_name(hello), toml)
    except RunError as error:
        if isinstance(error.__cause__, OSError):
            why = text.refused(error.__cause__)
            raise RunError(recording_text.cannot_record(runs_dir, why)) from error
        raise
    run_creation.link_into_state(claim.run)
    return ClaimedRun(claim, goes_on=False)


def folder_name(hello: Hello) -> str:
    """The name of the script's runs, as that of a folder; that of the program if it has none."""
    names = (run_creation.safe_name(name) for name in (hello.name, Path(hello.program).stem))
    return next(filter(None, (name.lstrip("._-")[:100] for name in names)), NAMELESS)


def _resumable(runs_dir: Path, hello: Hello) -> Iterator[RunDir]:
    """The runs of this name that can go on, newest first."""
    for run in run_search.list_runs(runs_dir):
        is_ours = run.name == folder_name(hello) and os.path.exists(checkpoint_of(run))
        if is_ours and run_liveness.liveness(run) == "gone":
            yield run
