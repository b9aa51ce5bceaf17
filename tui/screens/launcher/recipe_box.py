"""The list of recipes, and a summary of the chosen one."""

from __future__ import annotations

from textual.reactive import var

from engine.recipes.augmentation_names import augmentations
from engine.recipes.presets import (
    AUTO,
    CHOICES,
    PHOTO_NAME,
    PRESETS,
    suits_photographs,
)
from engine.recipes.recipe import PHOTOGRAPH, Recipe
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Span
from tui.drawing.table import Column
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import FOLDER, NewRun
from tui.widgets.chooser import Chooser


class RecipeBox(Chooser):
    """The presets."""

    new_run: var[NewRun] = var(NewRun())

    def on_mount(self) -> None:
        presets = list(CHOICES)
        self.fill(presets, [Column("", presets)], facts=(launcher_text.FIELDS_HINT,))

    def watch_new_run(self, now: NewRun) -> None:
        """Summarise the recipe; while there is none, the summary of the last one stays."""
        if isinstance(now.plan, str):
            return
        self.note(_purpose(now, now.plan))
        self.tell(*(cells.row(Span(f"   {line}", "dim")) for line in _summary(now, now.plan)))


def _purpose(now: NewRun, plan: Recipe) -> str:
    """What the preset is for; of `auto`, which preset it is, and why."""
    if now.preset != AUTO:
        return PRESETS[plan.preset]
    side = now.folder.seen.shorter_side if now.folder and now.data == FOLDER else 0
    if plan.preset == PHOTO_NAME:
        return launcher_text.for_photographs(plan.preset, side)
    if side >= PHOTOGRAPH and not suits_photographs(plan.arch):
        return launcher_text.for_other_networks(plan.preset)
    if 0 < side < PHOTOGRAPH:
        return launcher_text.for_small_images(plan.preset, side, PHOTOGRAPH)
    return launcher_text.auto_preset(plan.preset, PRESETS[plan.preset])


def _summary(now: NewRun, chosen: Recipe) -> tuple[str, str, str]:
    length = launcher_text.recipe_length(chosen.epochs, chosen.batch)
    if chosen.size != "auto" or now.data == FOLDER:
        length += f"   {launcher_text.recipe_size(chosen.size_start, now.shape.size)}"
    return (
        length,
        launcher_text.recipe_rate(
            chosen.lr, shared_text.SCHEDULES[chosen.schedule], chosen.optimizer, chosen.seed
        ),
        launcher_text.recipe_augmentation(augmentations(chosen)),
    )
