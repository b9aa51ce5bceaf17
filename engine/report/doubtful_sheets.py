"""What the page of a report says of the images whose label is doubtful, as plain texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.numbers import whole_share
from engine.protocol.commands import ImageSplit
from engine.report import report_text
from engine.report.doubtful_labels import DoubtfulLabels, FirstSuspects
from engine.suspicion import list_text, suspicion_text
from engine.suspicion.run_suspects import RunSuspects
from engine.suspicion.suspects import Suspect
from engine.text import harmless

# So many groups of images that stand twice are told.
GROUPS = 10
# Small pictures as addresses `data:`, by the split and index of an image.
Pictures = Mapping[tuple[ImageSplit, int], str]


class DoubtfulImage(NamedTuple):
    """What is said of an image; `since` and `picture` are empty where they are not known."""

    name: str
    label: str
    held: str
    since: str
    picture: str


class DoubtfulSheet(NamedTuple):
    """Sentences about the images of a split, and the first of them."""

    split: ImageSplit
    said: tuple[str, ...]
    images: tuple[DoubtfulImage, ...]


class DoubtfulSection(NamedTuple):
    """A sentence about images that stand twice, the first groups of them, and the sheets."""

    twice: str
    groups: tuple[str, ...]
    sheets: tuple[DoubtfulSheet, ...]


def doubtful_section(run: str, found: DoubtfulLabels, pictures: Pictures) -> DoubtfulSection:
    """What the report on a run of this label says of its doubtful labels."""
    sheets = tuple(_sheet(run, split, pictures) for split in found.splits)
    repeated = found.repeated
    if repeated is None or not repeated.repeated:
        asked = report_text.NOBODY_LOOKED if repeated is None and found.named else ""
        return DoubtfulSection(asked, (), sheets)
    shown = repeated.first(GROUPS)
    groups = [suspicion_text.repeated_group(group) for group in shown.repeated]
    if shown.more:
        groups.append(report_text.more_repeated(shown.more))
    return DoubtfulSection(suspicion_text.repeated(repeated), tuple(groups), sheets)


def _sheet(run: str, found: FirstSuspects, pictures: Pictures) -> DoubtfulSheet:
    first = found.first
    images = (
        _image(first, suspect, name, pictures.get((first.split, suspect.index), ""))
        for suspect, name in zip(first.suspects, found.names, strict=True)
    )
    return DoubtfulSheet(first.split, tuple(_said(run, found)), tuple(images))


def _said(run: str, found: FirstSuspects) -> Iterator[str]:
    first, shown = found.first, len(found.names)
    if first.standing is None or first.since_epoch is None:
        yield suspicion_text.judged(run, first.epoch)
    else:
        yield suspicion_text.told(first.standing)
        yield suspicion_text.counted(run, first.since_epoch, first.epoch)
    if shown < found.listed:
        yield report_text.first_of(shown, found.listed, first.split)
    if first.split == "training":
        yield list_text.look_at(shown, shown)


def _image(first: RunSuspects, suspect: Suspect, name: str, picture: str) -> DoubtfulImage:
    given, held = (harmless(first.classes[number]) for number in (suspect.given, suspect.held))
    since = list_text.since(suspect.agreed, first.epoch)
    label, held = report_text.labelled(given), _held(held, suspect)
    return DoubtfulImage(harmless(name), label, held, since, picture)


def _held(name: str, suspect: Suspect) -> str:
    words = list_text.held_ahead if suspect.held_probability is None else list_text.held_for
    return words(name, whole_share(suspect.sure))
