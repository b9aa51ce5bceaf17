"""The description of a run in its checkpoints: model, data and settings."""

from __future__ import annotations

import msgspec

from engine import regular_files
from engine.catalog import architecture_names
from engine.checkpoints.run_state import Description, ImageInput
from engine.data.base.dataset import Dataset
from engine.process.resume_checks import ImageLists
from engine.process.run_started import versions
from engine.recipes.recipe import Recipe, Resolved
from engine.run.run_paths import RunDir
from engine.user_code.kept_code import kept_code


def describe(
    run: RunDir,
    recipe: Recipe,
    resolved: Resolved,
    dataset: Dataset,
    lists: ImageLists,
    decisions: str,
) -> Description:
    """The description of a run whose model is built, and whose data set has these images.

    `decisions` is the digest of those on labels.
    """
    form = dataset.image_format
    return Description(
        architecture=recipe.arch,
        source=source_of(run, recipe.arch),
        classes=dataset.classes,
        input=ImageInput(
            channels=form.channels,
            size=form.size,
            mean=dataset.mean,
            std=dataset.std,
            fit=form.fit,
            crop_pct=form.crop_pct,
            canvas=form.canvas,
            frame=form.frame,
            levels=form.rendering.levels,
            backdrop=form.rendering.backdrop,
            bands=form.rendering.bands,
        ),
        train=lists.train,
        validation=lists.validation,
        test=lists.test,
        decisions=decisions,
        recipe=msgspec.to_builtins(recipe),
        resolved=msgspec.to_builtins(resolved),
        versions=versions(),
    )


def source_of(run: RunDir, arch: str) -> str | None:
    """The text of the file that defines a user's architecture, from the run's copy."""
    user = architecture_names.user_function(arch)
    kept = kept_code(user.file, run.path) if user else None
    return regular_files.read_text(kept.code.file, errors="replace") if kept else None
