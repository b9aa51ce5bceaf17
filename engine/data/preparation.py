"""Downloads and loads a data set as a stream of events, and makes alerts about the data."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from engine.catalog import datasets
from engine.data import data_text
from engine.data.reading.data_reading import DataReading
from engine.data.sets import download
from engine.machine import memory
from engine.protocol import events
from engine.protocol.events import Event, PhaseName
from engine.recipes.recipe import Recipe, Resolved

if TYPE_CHECKING:
    from engine.data.base.dataset import Dataset

# A class dominates where all others together have at most this share: from there on an imbalance is
# no longer mild (Google, "Imbalanced datasets", in its machine learning crash course).
MINORITY = 0.2
# Images that need more bytes, or more of the free memory, are not decoded early: perhaps they are
# streamed.
MOST_EARLY_BYTES, EARLY_SHARE = 2_000_000_000, 0.25

T = TypeVar("T")
Phases: TypeAlias = Generator[Event | None, None, T]


def download_phases(recipe: Recipe) -> Phases[None]:
    """Download a data set of the catalogue unless it is on this disk. Loads no torch."""
    facts = datasets.DATASETS.get(recipe.data)
    if facts is not None and datasets.folder_of(facts, recipe.data_dir) is None:
        yield from _in_tenths("downloading", recipe.data, download.fetch(facts, recipe.data_dir))


def early_reading(recipe: Recipe) -> DataReading | None:
    """Begin to read the user's images, while torch is imported. Loads no torch itself."""
    if recipe.data in datasets.DATASETS:
        return None
    return DataReading(recipe, min(MOST_EARLY_BYTES, memory.free_bytes() * EARLY_SHARE))


def loading_phases(recipe: Recipe, room: float, reading: DataReading | None) -> Phases[Dataset]:
    """Load the data, or stream the user's images if they need more than `room` bytes.

    Their `reading` has begun before.
    """
    from engine.data.loading import load

    return (yield from _in_tenths("loading", recipe.data, load(recipe, room, reading)))


def _in_tenths(phase: PhaseName, data: str, work: Generator[float, None, T]) -> Phases[T]:
    """Do the work, and report the fraction done about ten times."""
    due = 0.0
    while True:
        try:
            fraction = next(work)
        except StopIteration as finished:
            result: T = finished.value
            return result
        if fraction >= due:
            due = fraction + 0.1
            yield events.Phase(phase, fraction, data)
        else:
            yield None


def data_alerts(
    dataset: Dataset, recipe: Recipe, resolved: Resolved, room: float
) -> Iterator[Event]:
    """Alerts on problems found while loading, on where the images are, on which images validate."""
    for note in dataset.notes:
        yield events.Alert("warning", "data", note)
    for remark in dataset.remarks:
        yield events.Alert("info", "data", remark)
    if dominant := _dominant_class(dataset, recipe.class_weights):
        yield events.Alert("warning", "classes", dominant)
    if dataset.constant:
        yield events.Alert("warning", "data", data_text.ONE_COLOUR)
    if levels := dataset.rendering.levels:
        yield events.Alert("info", "levels", data_text.levels_used(*levels))
    needed = dataset.bytes
    if resolved.loader == "streaming":
        streamed = data_text.images_streamed(needed, room, resolved.threads)
        yield events.Alert("info", "loader", streamed)
    else:
        device = data_text.DEVICES[resolved.device]
        yield events.Alert("info", "loader", data_text.images_resident(needed, device))
    if validation := _validation(dataset):
        yield events.Alert("info", "validation", validation)
    if dataset.test is not None:
        yield events.Alert("info", "test", data_text.TEST_AT_THE_END)


def _validation(dataset: Dataset) -> str:
    """Where the validation images are from, in words; empty if they are a split of their own."""
    held, trained = len(dataset.validation), len(dataset.train)
    if dataset.validates == "held out":
        return data_text.validation_held_out(held, held + trained)
    return data_text.VALIDATION_IS_TEST if dataset.validates == "test" else ""


def _dominant_class(dataset: Dataset, weighted: bool) -> str:
    """A sentence on a class that dominates the training images, or empty."""
    counts = dataset.class_counts
    most = counts.index(max(counts))
    share = counts[most] / sum(counts)
    if share < 1 - MINORITY:
        return ""
    right = dataset.validation.labels.eq(most).float().mean().item()
    return data_text.one_class_dominates(dataset.classes[most], share, right, weighted)
