"""The paths of a run, and the two folders in which runs are found.

runs/43-resnet18-cifar10/
  recipe.toml  journal.jsonl  commands/  checkpoints/  probes/  engine.log  engine.lock
  images.npz  predictions.npz  sightings.npz  tests/  notes.toml  recipe-before.toml  labels.toml
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from engine.catalog import user_config
from engine.catalog.user_folders import state_folder

# The folder of deleted runs, in a folder of runs.
TRASH = ".trash"
NUMBERED = re.compile(r"([0-9]{1,9})-(.+)", re.DOTALL)


def numbered_names(folder: Path) -> list[tuple[int, str]]:
    """The numbers and names of what is numbered in a folder; none if it is not there.

    Raises OSError.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [(int(found[1]), name) for name in names if (found := NUMBERED.fullmatch(name))]


def default_runs_dir() -> Path:
    """The runs folder that is used if the command line names none."""
    named = os.environ.get(user_config.RUNS_VARIABLE) or user_config.current().runs_folder
    return Path(named or "runs")


def state_dir() -> Path:
    """The user's folder with links to all runs, in whatever folder they are."""
    return state_folder() / "runs"


class RunDir(NamedTuple):
    """The paths of one run."""

    path: Path

    @property
    def label(self) -> str:
        """The directory's name, `43-resnet18-cifar10`."""
        return self.path.name

    @property
    def number(self) -> int | None:
        numbered = NUMBERED.fullmatch(self.path.name)
        return int(numbered[1]) if numbered else None

    @property
    def name(self) -> str:
        """The name without its number."""
        numbered = NUMBERED.fullmatch(self.path.name)
        return numbered[2] if numbered else self.path.name

    @property
    def selector(self) -> str:
        """What finds this run: its number if it is in the default folder, else its path.

        A rehearsal, whose folder does not stay, has a link to the checkpoint of its run.
        """
        saved = RunDir((self.checkpoints / "last.pt").resolve().parent.parent)
        run = saved if os.path.exists(saved.recipe) else self
        if run.number is not None and run.path.resolve().parent == default_runs_dir().resolve():
            return str(run.number)
        return str(run.path if os.sep in str(run.path) else run.path.absolute())

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def former_recipe(self) -> Path:
        """The recipe before a resume changed it, until its engine has set up the training."""
        return self.path / "recipe-before.toml"

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def notes(self) -> Path:
        """The tags and the note of the user."""
        return self.path / "notes.toml"

    @property
    def decisions(self) -> Path:
        """The user's decisions on labels, as the run began."""
        return self.path / "labels.toml"

    @property
    def data_code(self) -> Path:
        """Where the run keeps the code of a user's own data set."""
        return self.path / "data-code"

    @property
    def commands(self) -> Path:
        return self.path / "commands"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def image_names(self) -> Path:
        """The names of the training and validation images."""
        return self.path / "images.npz"

    @property
    def predictions(self) -> Path:
        """What the network of the best epoch says about each validation image."""
        return self.path / "predictions.npz"

    @property
    def sightings(self) -> Path:
        """What the network has said about each training image while it learned from it."""
        return self.path / "sightings.npz"

    @property
    def tests(self) -> Path:
        """The results of `cnn-tui test`, a file for each data set."""
        return self.path / "tests"

    @property
    def replies(self) -> Path:
        return self.path / "probes"

    @property
    def log(self) -> Path:
        return self.path / "engine.log"

    @property
    def lock(self) -> Path:
        return self.path / "engine.lock"

    @property
    def inspection_lock(self) -> Path:
        """Held by the process that replies to inspection requests while no engine runs."""
        return self.path / "look.lock"
