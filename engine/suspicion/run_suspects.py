"""The doubtful labels of a run, by what its folder keeps."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.errors import RunError
from engine.protocol import events
from engine.protocol.commands import ImageSplit
from engine.recipes import watched_recipe
from engine.recipes.recipe_building import read_recipe
from engine.run import predictions_file, sightings_file
from engine.run.image_names import ImageNames
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir
from engine.suspicion import suspicion_text
from engine.suspicion.kept_right import kept_right
from engine.suspicion.ranking import ranked
from engine.suspicion.standing import Standing, standing
from engine.suspicion.suspects import (
    Suspect,
    count_further,
    count_listed,
    training_suspects,
    validation_suspects,
)


class RunSuspects(msgspec.Struct, frozen=True, kw_only=True):
    """The suspects among the training or validation images of a run, by what it said until `epoch`.

    The first `first` of them are to be looked at, and others follow. `left_out` counts the images
    that a person has kept before the run began, which are not among them. `digest` is that of the
    list of these images. `standing` is that of the training images, counted since `since_epoch`;
    both are None of validation images.
    """

    split: ImageSplit
    digest: str
    classes: tuple[str, ...]
    epoch: int
    suspects: tuple[Suspect, ...]
    first: int
    left_out: int
    since_epoch: int | None = None
    standing: Standing | None = None


def among(run: RunDir, split: ImageSplit, names: ImageNames | None) -> RunSuspects:
    """The suspects of a split, whose images have these names.

    Raises RunError where the run has kept nothing of the images of this split, and UsageError where
    its decisions cannot be read.
    """
    return (among_training if split == "training" else among_validation)(run, names)


def among_training(run: RunDir, names: ImageNames | None) -> RunSuspects:
    """Raises as `among`."""
    classes = _classes(run)
    kept = sightings_file.read(run.sightings, len(classes))
    if kept is None:
        raise RunError(_why_no_sightings(run))
    left_out = kept_right(run, "training", kept.digest, names)
    ranking = ranked(kept).without(left_out)
    found = standing(kept, ranking)
    first = count_listed(found.images, found.stand_out if found.state == "some stand out" else 0)
    return RunSuspects(
        split="training",
        digest=kept.digest,
        classes=classes,
        epoch=kept.epoch,
        suspects=tuple(training_suspects(kept, ranking, max(first, count_further(found.images)))),
        first=first,
        left_out=len(left_out),
        since_epoch=kept.since_epoch,
        standing=found,
    )


def among_validation(run: RunDir, names: ImageNames | None) -> RunSuspects:
    """Raises as `among`."""
    classes = _classes(run)
    kept = predictions_file.read(run.predictions, len(classes))
    if kept is None:
        why = suspicion_text.no_predictions if _has_ended_epoch(run) else suspicion_text.no_epoch
        raise RunError(why(run.label))
    left_out, images = kept_right(run, "validation", kept.digest, names), len(kept.labels)
    first = count_listed(images)
    return RunSuspects(
        split="validation",
        digest=kept.digest,
        classes=classes,
        epoch=kept.epoch,
        suspects=tuple(validation_suspects(kept, left_out, count_further(images))),
        first=first,
        left_out=len(left_out),
    )


def names(listed: RunSuspects, kept: ImageNames | None) -> Sequence[str] | None:
    """The names of the listed images; None where the run has not kept them among its names."""
    known = kept.of(listed.split, listed.digest) if kept is not None else None
    if known is None or any(suspect.index >= len(known) for suspect in listed.suspects):
        return None
    return [known[suspect.index] for suspect in listed.suspects]


def _classes(run: RunDir) -> tuple[str, ...]:
    """Raises RunError where somebody's own program trains, or nothing has begun."""
    program = watched_recipe.watched_program(run.recipe)
    if program is not None:
        raise RunError(suspicion_text.of_program(run.label, program))
    started = next(newest_first(run.journal, events.RunStarted), None)
    if started is None:
        raise RunError(suspicion_text.no_epoch(run.label))
    return started.classes


def _why_no_sightings(run: RunDir) -> str:
    if read_recipe(run.recipe).suspects == "off":
        return suspicion_text.not_kept(run.label, run.selector)
    if not _has_ended_epoch(run):
        return suspicion_text.no_epoch(run.label)
    return suspicion_text.no_sightings(run.label, run.selector)


def _has_ended_epoch(run: RunDir) -> bool:
    return next(newest_first(run.journal, events.EpochEnded), None) is not None
