"""Surveys a data set: counts what its names and the headers of its images tell."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.data.decoding.decode import why_broken
from engine.data.decoding.framing import seen_part
from engine.data.decoding.image_format import ImageFormat
from engine.data.inventory import decided_text
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.inventory_text import left_out_by_level
from engine.data.reading.data_reading import ReadImages
from engine.data.stored.stored_image import LabelledImages
from engine.data.survey import survey_text
from engine.data.survey.quick_headers import Header, header
from engine.data.survey.survey import (
    Reason,
    Seen,
    Size,
    SizeCount,
    Sizes,
    SplitCounts,
    Survey,
)
from engine.protocol.answers import Progress
from engine.text import EXAMPLES

# How many sizes are listed.
COMMON_SIZES = 4
# After so many headers progress is reported.
HEADERS = 2_000


@dataclass
class Headers:
    """How many images have each header, and why some, by index, have none that can be read."""

    counts: Counter[Header] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)


def read_headers(images: LabelledImages) -> Generator[Progress, None, Headers]:
    """Read the headers of all images; yields the share that is read."""
    found = Headers()
    for index, (stored, _) in enumerate(images):
        try:
            found.counts[header(stored)] += 1
        except Exception as error:  # noqa: BLE001 (Pillow's parsers raise errors of any type)
            found.broken[index] = why_broken(error)
        if index % HEADERS == 0:
            yield Progress(survey_text.READING_HEADERS, index / len(images))
    return found


def survey(read: ReadImages, headers: Headers, decisions: str = "") -> Survey:
    """What a data set holds, whose headers were read.

    `decisions` is the name of the file with decisions on its labels, if there is one.
    """
    inventory, images = read.inventory, read.inventory.images
    sizes = _size_counts(headers)
    modes: Counter[str] = Counter()
    for each, count in headers.counts.items():
        modes[each.mode] += count
    return Survey(
        inventory.place,
        inventory.layout,
        inventory.classes,
        tuple(split_counts(inventory)),
        inventory.validates,
        len(inventory.unlabelled),
        tuple(
            Reason(why, len(names), tuple(names[:EXAMPLES]))
            for why, names in inventory.skipped.items()
            if names
        ),
        tuple(reasons({images[index][0].name: why for index, why in headers.broken.items()})),
        summed_sizes(sizes) if sizes else None,
        tuple(modes.most_common()),
        seen(sizes, read.image_format),
        tuple(_other_sentences(inventory)),
        decided_text.decided(decisions, inventory.decided) if inventory.decided else "",
    )


def _other_sentences(inventory: Inventory) -> Iterator[str]:
    """The sentences on a data set, without those on what is left out, which `skipped` tells."""
    images, others = left_out_by_level(inventory.skipped)
    for sentence in (*inventory.notes, *inventory.remarks):
        if sentence not in (*images, *others):
            yield sentence


def split_counts(inventory: Inventory) -> Iterable[SplitCounts]:
    """The counts of training, validation and test; the test split only if there is one."""
    for name, images in splits(inventory):
        labels = Counter(label for _, label in images)
        of_class = tuple(labels[index] for index in range(len(inventory.classes)))
        yield SplitCounts(name, len(images), of_class)


def splits(inventory: Inventory) -> Sequence[tuple[str, LabelledImages]]:
    """The splits of an inventory by name, in the order of `Inventory.images`."""
    found = [("train", inventory.train), ("validation", inventory.validation)]
    return [*found, ("test", inventory.test)] if inventory.test else found


def reasons(broken: Mapping[str, str]) -> list[Reason]:
    """Why images are broken, the most frequent reason first."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for name, why in broken.items():
        by_reason[why].append(name)
    found = [Reason(w, len(names), tuple(names[:EXAMPLES])) for w, names in by_reason.items()]
    return sorted(found, key=lambda reason: -reason.count)


def _size_counts(headers: Headers) -> Counter[Size]:
    sizes: Counter[Size] = Counter()
    for each, count in headers.counts.items():
        sizes[each.size] += count
    return sizes


def summed_sizes(counts: Counter[Size]) -> Sizes:
    """The sizes in short; there is at least one."""
    by_area = sorted(counts, key=math.prod)
    common = [SizeCount(size, images) for size, images in counts.most_common(COMMON_SIZES)]
    median = (_median(counts, 0), _median(counts, 1))
    return Sizes(tuple(common), len(counts), by_area[0], median, by_area[-1])


def _median(counts: Counter[Size], axis: int) -> int:
    return statistics.median_low(
        [size[axis] for size, images in counts.items() for _ in range(images)]
    )


def seen(sizes: Counter[Size], image_format: ImageFormat) -> Seen:
    """What the network sees of images of these sizes."""
    total = sum(sizes.values())
    cut = {size: _cut(size, image_format) for size in sizes}
    mean = sum(cut[size] * images for size, images in sizes.items()) / total if total else 0.0
    return Seen(
        image_format.channels,
        image_format.size,
        image_format.frame,
        mean,
        max(cut.values(), default=0.0),
        enlarged(sizes, image_format),
        image_format.fit,
        image_format.crop_pct,
    )


def enlarged(sizes: Counter[Size], image_format: ImageFormat, times: float = 1.0) -> int:
    """How many images are enlarged more than so many times."""
    inner = image_format.size - 2 * image_format.frame
    return sum(
        images for size, images in sizes.items() if times * _kept_side(size, image_format) < inner
    )


def _kept_side(size: Size, image_format: ImageFormat) -> float:
    """The side in pixels, in the file, of what fills the square that the network sees."""
    part = seen_part(size, image_format)
    return max(part) if image_format.fit == "pad" else min(part)


def _cut(size: Size, image_format: ImageFormat) -> float:
    """The share of the area of an image that the network does not see."""
    return 1 - math.prod(seen_part(size, image_format)) / math.prod(size)
