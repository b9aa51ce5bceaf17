"""Finds images that occur twice, that stand in two splits, that are of one colour or broken."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence

import msgspec
import numpy as np

from engine.data.inventory.inventory import Inventory
from engine.data.reading.data_reading import ReadImages
from engine.data.survey import survey_text
from engine.data.survey.fingerprint import Fingerprints
from engine.data.survey.fingerprinting import Fingerprinting
from engine.data.survey.near_pairs import near_pairs
from engine.data.survey.survey import Findings, Near, Place
from engine.data.survey.surveying import splits
from engine.protocol.answers import Progress


def findings(
    read: ReadImages, workers: int, near_bits: int | None = None, told: Collection[int] = ()
) -> Generator[Progress, None, Findings]:
    """Decode all images and compare them; yields the share that is done.

    With `near_bits`, pairs whose perceptual hashes differ in at most so many bits are found, too.
    `told` are indices of images that are known to be broken, which the findings leave out. Raises
    DataError where decoding processes die again and again.
    """
    stored = [image for image, _ in read.inventory.images]
    work = Fingerprinting(stored, read.image_format.rendering)
    for fraction in work.take(workers):
        yield Progress(survey_text.COMPARING, fraction)
    found = judged(work.found, work.broken, places(read.inventory), near_bits)
    broken = zip(sorted(work.broken), found.broken, strict=True)
    new = tuple(one for index, one in broken if index not in told)
    return msgspec.structs.replace(found, broken=new)


def places(inventory: Inventory) -> list[Place]:
    """Where each image is, in the order of `Inventory.images`."""
    return [
        Place(stored.name, inventory.classes[label], split)
        for split, images in splits(inventory)
        for stored, label in images
    ]


def judged(
    found: Fingerprints, broken: dict[int, str], where: Sequence[Place], near_bits: int | None
) -> Findings:
    """What these fingerprints (N,) of images at these places tell."""
    whole = np.array([index for index in range(len(where)) if index not in broken], np.intp)
    groups = equal_groups(found, whole)
    constant = [index for index in whole.tolist() if found["constant"][index]]
    near = None if near_bits is None else _near(found, whole, groups, where, near_bits)
    return Findings(
        len(where),
        tuple(tuple(where[index] for index in group) for group in groups),
        tuple(_leaks(groups, where)),
        tuple(where[index] for index in constant),
        tuple((where[index], broken[index]) for index in sorted(broken)),
        near,
    )


def equal_groups(
    found: Fingerprints, whole: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> list[list[int]]:
    """The indices of images with the same pixels, of those that are whole, in order."""
    if not len(whole):
        return []
    order = whole[np.lexsort((whole, found["low"][whole], found["high"][whole]))]
    digests = found[["high", "low"]][order]
    cuts = np.flatnonzero(digests[1:] != digests[:-1]) + 1
    groups = [group.tolist() for group in np.split(order, cuts) if len(group) > 1]
    return sorted(groups)


def _leaks(groups: Sequence[Sequence[int]], where: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Each image for evaluation that is in training, too, with the first one there."""
    leaks = []
    for group in groups:
        members = [where[index] for index in group]
        trained = [place for place in members if place.split == "train"]
        leaks += [(p, trained[0]) for p in members if trained and p.split != "train"]
    return leaks


def _near(
    found: Fingerprints,
    whole: np.ndarray[tuple[int], np.dtype[np.intp]],
    groups: Sequence[Sequence[int]],
    where: Sequence[Place],
    bits: int,
) -> tuple[Near, ...]:
    """Pairs that look alike and are not equal. Of equal images only the first is compared."""
    repeated = {index for group in groups for index in group[1:]}
    kept = np.array(
        [i for i in whole.tolist() if i not in repeated and not found["constant"][i]], np.intp
    )
    pairs = near_pairs(found["near"][kept], bits)
    return tuple(Near(where[kept[i]], where[kept[j]], count) for i, j, count in pairs)
