"""Downloads and loads a data set as a stream of events, and makes alerts about the data."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from engine.catalog import data_names, datasets
from engine.data import data_text
from engine.data.image_alerts import image_alerts
from engine.data.inventory import decided_text
from engine.data.inventory.containers import item_sets
from engine.data.reading.data_reading import DataReading
from engine.data.reading.training_reading import TrainingReading
from engine.data.sets import download
from engine.data.survey import survey_text
from engine.data.survey.surveying import seen, summed_sizes
from engine.machine import memory
from engine.protocol import events
from engine.protocol.events import Event, PhaseName
from engine.recipes.recipe import Recipe, Resolved
from engine.user_code import kept_code

if TYPE_CHECKING:
    from engine.data.base.dataset import Dataset

# A class dominates where all others together have at most this share: from there on an imbalance is
# no longer mild (Google, "Imbalanced datasets", in its machine learning crash course).
MINORITY = 0.2
# Images that need more bytes, or more of the free memory, are not decoded early: perhaps they are
# streamed.
MOST_EARLY_BYTES, EARLY_SHARE = 2_000_000_000, 0.25

POLL_SECONDS = 0.05

T = TypeVar("T")
Phases: TypeAlias = Generator[Event | None, None, T]


def download_phases(recipe: Recipe) -> Phases[None]:
    """Download a data set of the catalogue or of a library unless it is on this disk.

    Loads torch only for one of torchvision.
    """
    facts = datasets.DATASETS.get(recipe.data)
    if data_names.is_of_library(recipe.data):
        yield from _library_phases(recipe)
    if facts is not None and datasets.folder_of(facts, recipe.data_dir) is None:
        yield from _in_tenths("downloading", recipe.data, download.fetch(facts, recipe.data_dir))


def _library_phases(recipe: Recipe) -> Phases[None]:
    here = partial(item_sets.is_here, recipe)
    if not (yield from _in_tenths("loading", recipe.data, _in_background(here))):
        work = _in_background(partial(item_sets.fetch, recipe))
        yield from _in_tenths("downloading", recipe.data, work)


def _in_background(work: Callable[[], T]) -> Generator[float, None, T]:
    """Do what cannot tell its progress on a thread, which ends with this process at the latest."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not wait([done], timeout=POLL_SECONDS).done:
        yield 0.0
    return done.result()


def keep_code(recipe: Recipe, folder: Path, *, keep: bool) -> None:
    """Copy the code of a user's data set into a run's folder; see `kept_code.keep_code`."""
    if user := data_names.user_set(recipe.data):
        kept_code.keep_code(user.file, folder, keep=keep)


def early_reading(recipe: Recipe, code: Path | None = None) -> DataReading | None:
    """Begin to read the user's images, while torch is imported. Loads no torch for files.

    `code` is the folder where the run keeps the code of a user's data set.
    """
    if recipe.data in datasets.DATASETS:
        return None
    room = min(MOST_EARLY_BYTES, memory.free_bytes() * EARLY_SHARE)
    return TrainingReading(recipe, room, code)


def loading_phases(
    recipe: Recipe, room: float, reading: DataReading | None, code: Path
) -> Phases[Dataset]:
    """Load the data, or stream the user's images if they need more than `room` bytes.

    Their `reading` has begun before; see `early_reading`.
    """
    from engine.data.loading import load

    if reading is None and recipe.data not in datasets.DATASETS:
        reading = TrainingReading(recipe, code=code)
    return (yield from _in_tenths("loading", recipe.data, load(recipe, room, reading, code)))


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
    if dataset.decided is not None:
        sentence = decided_text.decided(Path(recipe.decisions).name, dataset.decided)
        yield events.Alert("info", events.DECIDED, sentence)
    yield events.Alert("info", "images", _summary(dataset, recipe))
    yield from image_alerts(dataset.sampled_sizes, dataset.image_format, recipe)
    if dominant := _dominant_class(dataset, recipe.class_weights):
        yield events.Alert("warning", "classes", dominant)
    if dataset.constant:
        yield events.Alert("warning", "data", data_text.ONE_COLOUR)
    if levels := dataset.image_format.rendering.levels:
        yield events.Alert("info", "levels", data_text.levels_used(*levels))
    needed = dataset.bytes
    if resolved.loader == "streaming":
        yield events.Alert("info", "loader", _streamed(dataset, room, resolved.threads))
    else:
        device = data_text.DEVICES[resolved.device]
        yield events.Alert("info", "loader", data_text.images_resident(needed, device))
    if validation := _validation(dataset):
        yield events.Alert("info", "validation", validation)
    if dataset.test is not None:
        yield events.Alert("info", "test", data_text.TEST_AT_THE_END)


def _streamed(dataset: Dataset, room: float, workers: int) -> str:
    """How images are read that are not in memory."""
    if canvas := dataset.image_format.canvas:
        return data_text.images_cropped(canvas, workers, kept=dataset.is_kept)
    return data_text.images_streamed(dataset.bytes, room, workers, kept=dataset.is_kept)


def _summary(dataset: Dataset, recipe: Recipe) -> str:
    """How the files are understood, the classes, sizes of images, what the network sees."""
    _, height, width = dataset.train.shape
    sizes = Counter(dataset.sampled_sizes or [(width, height)])
    network = seen(sizes, dataset.image_format)
    return survey_text.summary(
        dataset.layout,
        dataset.classes,
        summed_sizes(sizes),
        sizes.total(),
        network,
        crops=bool(recipe.crop_scale),
    )


def _validation(dataset: Dataset) -> str:
    """Where the validation images are from, in words; empty if they are a split of their own."""
    held, trained = len(dataset.validation), len(dataset.train)
    if dataset.validates == "held out":
        chosen = dataset.decided  # after the images were held out
        lost, others = (chosen.validation.dropped, chosen.train.dropped) if chosen else (0, 0)
        images = held + trained + lost + others
        return data_text.validation_held_out(held + lost, images, lost + others)
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
