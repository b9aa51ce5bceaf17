"""The images of a run whose label is doubtful, as its files tell them for a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from engine.errors import EngineError, RunError
from engine.protocol.commands import ImageSplit
from engine.report.private_words import shared_folders
from engine.run import image_names
from engine.run.image_names import ImageNames
from engine.run.run_paths import RunDir
from engine.suspicion import list_text, repeated_images, run_suspects
from engine.suspicion.repeated_images import Repeated, RepeatedImages
from engine.suspicion.run_suspects import RunSuspects

# So many images of a split are shown, at most.
SHOWN: Mapping[ImageSplit, int] = {"training": 24, "validation": 8}


class FirstSuspects(NamedTuple):
    """The first suspects of a split of a run, of so many that are listed, and their names.

    A name is a number where the run has kept no names.
    """

    first: RunSuspects
    listed: int
    names: Sequence[str]


class DoubtfulLabels(NamedTuple):
    """What is doubtful in the splits of a run, and sentences about what is lacking.

    `repeated` are the images that stand twice, and None where nobody has looked for them; `named`
    says that the run has kept the names of its images. Names are without the folders that all
    images lie in.
    """

    splits: tuple[FirstSuspects, ...] = ()
    repeated: RepeatedImages | None = None
    named: bool = False
    lacking: tuple[str, ...] = ()


def find(run: RunDir, splits: Iterable[ImageSplit]) -> DoubtfulLabels:
    """That of these splits; nothing where the run has kept nothing of one of them."""
    kept: ImageNames | None = None
    lacking: tuple[str, ...] = ()
    try:
        kept = image_names.read(run)
    except RunError as error:
        lacking = (str(error),)
    try:
        found = [run_suspects.among(run, split, kept) for split in splits]
    except EngineError as error:
        return DoubtfulLabels(lacking=(str(error),))
    try:
        return _named(run, found, kept, lacking)
    except EngineError as error:
        return DoubtfulLabels(tuple(_first(one, None) for one in found), lacking=(str(error),))


def _named(
    run: RunDir, found: Iterable[RunSuspects], kept: ImageNames | None, lacking: tuple[str, ...]
) -> DoubtfulLabels:
    """Raises as `repeated_images.of_run`."""
    if kept is None:
        return DoubtfulLabels(tuple(_first(one, None) for one in found), lacking=lacking)
    repeated = repeated_images.of_run(run, kept)
    shared = _shared(kept, repeated)
    named = (_first(one, run_suspects.names(one, kept), shared) for one in found)
    return DoubtfulLabels(tuple(named), _without(shared, repeated), named=True)


def _shared(kept: ImageNames, repeated: RepeatedImages | None) -> str:
    """The folders that all images lie in."""
    training = kept.of("training", kept.training_digest) or ()
    validation = kept.of("validation", kept.validation_digest) or ()
    groups = repeated.repeated if repeated is not None else ()
    twice = (image.name for group in groups for image in group.images)
    return shared_folders((*training, *validation, *twice))


def _first(found: RunSuspects, names: Sequence[str] | None, shared: str = "") -> FirstSuspects:
    """The first suspects, by their names without these folders."""
    first = replace(found, suspects=found.suspects[: min(found.first, SHOWN[found.split])])
    if names is None:
        told = [list_text.image_number(suspect.index) for suspect in first.suspects]
    else:
        told = [name.removeprefix(shared) for name in names[: len(first.suspects)]]
    return FirstSuspects(first, min(found.first, len(found.suspects)), told)


def _without(shared: str, found: RepeatedImages | None) -> RepeatedImages | None:
    """The same by names without these folders."""
    if found is None:
        return None
    return replace(found, repeated=tuple(_renamed(group, shared) for group in found.repeated))


def _renamed(group: Repeated, shared: str) -> Repeated:
    images = (image._replace(name=image.name.removeprefix(shared)) for image in group.images)
    return replace(group, images=tuple(images))
