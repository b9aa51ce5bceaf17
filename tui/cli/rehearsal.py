"""`--dry-run`: one step and one evaluation batch of a new run, or of one that would resume."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from engine import text
from engine.errors import RunError
from tui.cli import cli_text

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe
    from engine.run.run_lock import Claim
    from engine.run.run_paths import RunDir


def rehearse(
    chosen: Recipe, resumed: RunDir | None = None, options: Sequence[str] = ()
) -> NoReturn:
    """Rehearse in a temporary folder, so that neither run nor journal changes.

    A `resumed` run is rehearsed from its last checkpoint, and checked like a resume.
    """
    from engine.machine.temporary_folder import temporary_folder
    from engine.start import launch

    with temporary_folder() as folder:
        claim = launch.create(chosen, folder)
        if resumed is not None:
            claim = _stand_in(claim, resumed)
        command = launch.foreground_start(claim, chosen, "--dry-run", *options)
        done = subprocess.run(
            command.arguments, env=command.variables, pass_fds=(claim.lock,), check=False
        )
    if done.returncode < 0:
        raise RunError(text.killed(cli_text.REHEARSAL, -done.returncode))
    if done.returncode == 0:
        click.echo(cli_text.REHEARSED)
    sys.exit(done.returncode)


def _stand_in(claim: Claim, run: RunDir) -> Claim:
    """The claimed run under the name of `run`, with its checkpoint, start, own model and labels."""
    from engine.protocol.events import RunStarted
    from engine.run.journal import Journal
    from engine.run.journal_search import newest_first
    from engine.run.run_paths import RunDir

    stand_in = RunDir(claim.run.path.rename(claim.run.path.with_name(run.label)))
    if (last := run.checkpoints / "last.pt").exists():
        (stand_in.checkpoints / "last.pt").symlink_to(last.resolve())
    for kept in (*run.path.glob("*.py"), run.decisions):
        if kept.exists():
            shutil.copy(kept, stand_in.path)
    if started := next(newest_first(run.journal, RunStarted), None):
        Journal(stand_in.journal).append(started)
    return claim._replace(run=stand_in)
