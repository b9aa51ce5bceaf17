"""Compares a run that resumes with its checkpoint: its labels, its images, and its settings.

A resume continues the same run. If it cannot, it is refused, or the log says what differs.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.checkpoints.run_state import Description, ImageList, RunState
from engine.data.base.dataset import Dataset, Split
from engine.data.base.image_digest import digest, labels_digest
from engine.errors import RunError
from engine.process import process_text
from engine.process.image_contents import contents_digest
from engine.protocol.events import RunStarted
from engine.recipes.recipe import FIELDS, Recipe, Resolved
from engine.recipes.recipe_toml import as_setting
from engine.run.run_paths import RunDir
from engine.start import start_text

# Fields that may differ without a word: those of the machine, those that the comparison of images
# checks, and those that only a start uses.
UNCOMPARED = {
    *Resolved.__struct_fields__,
    *("gpus", "data", "data_dir", "decisions", "init_from", "partial", "pretrained"),
    *("preset", "cache"),
}
# Means and deviations differ by less between versions of PyTorch.
SAME_PIXELS = 1e-4


class RunData(NamedTuple):
    """What a run knows of its data: names and shape, and, except in old runs, the images.

    `shape` is (C, size, size). `statistics` are means and standard deviations of the pixels.
    `decisions` is the digest of those on labels, None where they are not to be compared.
    """

    classes: tuple[str, ...]
    shape: tuple[int, ...]
    statistics: tuple[float, ...] = ()
    train: ImageList | None = None
    validation: ImageList | None = None
    test: ImageList | None = None
    decisions: str | None = None


class ImageLists(NamedTuple):
    """The images of the splits of a data set."""

    train: ImageList
    validation: ImageList
    test: ImageList


def image_lists(dataset: Dataset, recipe: Recipe) -> ImageLists:
    """The images of the recipe's data set. Reads all pixels of a published one."""
    splits = dataset.train, dataset.validation, dataset.test
    return ImageLists(*(image_list(split, recipe) for split in splits))


def data_of(dataset: Dataset, lists: ImageLists, decisions: str = "") -> RunData:
    """The facts about a data set with these images, after decisions with this digest."""
    statistics = (*dataset.mean, *dataset.std)
    shape = tuple(dataset.train.shape)
    return RunData(dataset.classes, shape, statistics, *lists, decisions=decisions)


def image_list(split: Split | None, recipe: Recipe) -> ImageList:
    """The images of a split of the recipe's data; for the user's own, content and labels too."""
    if split is None:
        return ImageList(images=0, digest="")
    if not split.stored:
        return ImageList(images=len(split), digest=digest(split))
    return ImageList(
        images=len(split),
        digest=digest(split),
        contents=contents_digest(split.stored),
        labels=labels_digest(split.labels),
    )


def data_of_run(saved: Description | None, started: RunStarted | None) -> RunData | None:
    """The data of a run by its checkpoint, or of an older run by its journal; None if unknown."""
    if saved is not None:
        shape = saved.input.channels, saved.input.size, saved.input.size
        statistics = (*saved.input.mean, *saved.input.std)
        lists = saved.train, saved.validation, saved.test
        return RunData(saved.classes, shape, statistics, *lists, decisions=saved.decisions)
    return RunData(started.classes, tuple(started.input)) if started is not None else None


def check_labels(then: RunData, now: RunData, run: str, selector: str) -> None:
    """Raise RunError where labels or images mean something else than they did.

    `selector` is what one types for the run of this name, or for its file.
    """
    if then.classes != now.classes:
        raise RunError(start_text.other_classes(run, selector, then.classes, now.classes))
    if then.shape != now.shape:
        raise RunError(process_text.other_images(run, then.shape, now.shape))


def other_lists(then: RunData, now: RunData) -> list[str]:
    """What differs between the images of two runs, in words; empty where nothing does."""
    pairs = (
        ("training", then.train, now.train),
        ("validation", then.validation, now.validation),
        ("test", then.test, now.test),
    )
    changed = [
        _difference(split, was, is_now)
        for split, was, is_now in pairs
        if was is not None and is_now is not None and not _same(was, is_now)
    ]
    if None not in (then.decisions, now.decisions) and then.decisions != now.decisions:
        changed.insert(0, process_text.OTHER_DECISIONS)
    compared = zip(then.statistics, now.statistics, strict=False)
    if not changed and any(abs(was - is_now) > SAME_PIXELS for was, is_now in compared):
        changed.append(process_text.OTHER_PIXELS)
    return changed


def _difference(split: str, then: ImageList, now: ImageList) -> str:
    """What differs between two lists that are not the same, in words."""
    if (then.images, then.digest) != (now.images, now.digest):
        return process_text.other_list(split, then.images, now.images)
    if _known_to_differ(then.labels, now.labels):
        return process_text.other_labels(split)
    return process_text.other_contents(split)


def _same(then: ImageList | None, now: ImageList | None) -> bool:
    """Whether two lists are the same, as far as older runs know: not their contents or labels."""
    if then is None or now is None:
        return then == now
    return (then.images, then.digest) == (now.images, now.digest) and not (
        _known_to_differ(then.contents, now.contents) or _known_to_differ(then.labels, now.labels)
    )


def _known_to_differ(then: str, now: str) -> bool:
    return bool(then and now) and then != now


class ImageChange(NamedTuple):
    """How the images differ from those of the checkpoint, and whether the validation images do."""

    differences: tuple[str, ...]
    validation: bool


def check_resume(
    saved: RunState, started: RunStarted | None, now: RunData, run: RunDir, *, force: bool
) -> ImageChange | None:
    """Compare the data of a run with its checkpoint; None where it is the same.

    Raises RunError where the labels differ, and, unless `force`, where the images do.
    """
    then = data_of_run(saved.description, started)
    if then is None:
        return None
    selector = run.selector
    check_labels(then, now, run.label, selector)
    changed = other_lists(then, now)
    if changed and not force:
        raise RunError(process_text.other_lists(run.label, selector, changed))
    validation = not _same(then.validation, now.validation)
    return ImageChange(tuple(changed), validation) if changed else None


def changed_settings(saved: RunState, recipe: Recipe) -> dict[str, tuple[str, str]]:
    """The recipe fields with other values than in the checkpoint: then, and now.

    A total of epochs that is trained already changes nothing.
    """
    before = saved.description.recipe if saved.description is not None else {}
    compared = {*FIELDS} & {*before} - UNCOMPARED
    if recipe.epochs <= saved.training.ended_epochs:
        compared -= {"epochs"}
    then = {key: before[key] for key in FIELDS if key in compared}
    if saved.description is not None and recipe.accumulate != "auto":
        then["accumulate"] = saved.description.resolved.get("accumulate", 1)
    return {
        key: (as_setting(value), as_setting(getattr(recipe, key)))
        for key, value in then.items()
        if as_setting(value) != as_setting(getattr(recipe, key))
    }
