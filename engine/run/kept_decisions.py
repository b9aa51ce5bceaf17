"""The copy of a person's decisions on labels that a run keeps, so that a resume needs no file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine import regular_files, text
from engine.errors import UsageError
from engine.recipes.recipe import Recipe
from engine.run import label_decisions, run_text
from engine.run.durable_files import save
from engine.run.run_paths import RunDir


def keep_decisions(recipe: Recipe, run: RunDir, *, keep: bool) -> None:
    """Copy the file of the recipe's decisions, if it names one, into the run's folder.

    With `keep`, an existing copy holds, so that the run goes on with the labels that it began with.
    Otherwise the file is copied anew if it is still there. Raises UsageError if it cannot be read,
    and RunError if the copy cannot be written.
    """
    original = Path(recipe.decisions)
    if not recipe.decisions or (run.decisions.exists() and (keep or not original.exists())):
        return
    try:
        content = regular_files.read_bytes(original)
    except OSError as error:
        raise UsageError(run_text.decisions_unreadable(original, text.reason(error))) from error
    save(run.decisions, content)


def with_kept(recipe: Recipe, run: RunDir) -> Recipe:
    """The run's recipe, with the decisions that the run keeps; it keeps none before it starts."""
    if not recipe.decisions or not run.decisions.exists():
        return recipe
    return msgspec.structs.replace(recipe, decisions=str(run.decisions))


def digest_of(recipe: Recipe) -> str:
    """The digest of the recipe's decisions, empty for none. Raises UsageError."""
    if not recipe.decisions:
        return ""
    return label_decisions.digest(label_decisions.read(Path(recipe.decisions)))
