"""Sentences for the user about what a data set holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import numbers
from engine.data.data_text import with_reasons
from engine.data.survey.survey import Findings, Place, Reason, Seen, Sizes, Survey
from engine.text import EXAMPLES, examples, harmless

READING_HEADERS = "reading the headers"
COMPARING = "comparing the images"

# From this ratio of the largest to the smallest class on, classes are called unequal.
UNEQUAL = 1.5
# A size that at least this share of the images has, and more than any other one, is frequent.
FREQUENT = 0.2
# Pillow's modes in words.
MODES: Mapping[str, str] = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with transparency",
    "P": "palette",
    "RGBA": "RGB with transparency",
    "I": "grey of 32 bits",
    "I;16": "grey of 16 bits",
    "F": "fractions",
}

OK, CONSTANT, NO_CLASS = "ok", "constant", "no class"


def broken(why: str) -> str:
    return f"broken: {harmless(why)}"


def skipped(why: str) -> str:
    return f"skipped: {why}"


def duplicate_of(name: str) -> str:
    return f"duplicate of {harmless(name)}"


def also_in_training(name: str) -> str:
    return f"also in training: {harmless(name)}"


def size(width_height: tuple[int, int]) -> str:
    return "×".join(map(str, width_height))


def sizes(found: Sizes | None) -> str:
    """`500×375 (61), 320×240 (12) and 33 others; from 120×90 to 1024×768, median 500×375`."""
    if found is None:
        return "no image can be read"
    if found.different == 1:
        return f"all {size(found.common[0].size)}"
    shown = ", ".join(f"{size(each.size)} ({each.images:,})" for each in found.common)
    more = found.different - len(found.common)
    others = f" and {more:,} other{'s' * (more > 1)}" if more else ""
    return (
        f"{shown}{others}; from {size(found.smallest)} to {size(found.largest)}, median "
        f"{size(found.median)}"
    )


def modes(found: Sequence[tuple[str, int]]) -> str:
    """`RGB (154), grey (23)`."""
    named = [(MODES.get(mode, mode), count) for mode, count in found]
    if len(named) == 1:
        return f"all {named[0][0]}"
    return ", ".join(f"{mode} ({count:,})" for mode, count in named)


def seen(found: Seen, *, counted: bool = True) -> str:
    """`3×64×64: the square at the centre; 25 % of the area is cut off; 3 images are smaller and
    enlarged`, the latter where they are `counted`.
    """
    shape = f"{found.channels}×{found.size}×{found.size}"
    frame = f", with a margin of {found.frame} pixels" if found.frame else ""
    parts = [f"{shape}{frame}: {_cut(found)}"]
    if found.enlarged and counted:
        several = f"{found.enlarged:,} images are" if found.enlarged > 1 else "1 image is"
        parts.append(f"{several} smaller and enlarged")
    return "; ".join(parts)


def _cut(found: Seen) -> str:
    """Which part of an image is seen, and how much of it is not."""
    part = "" if found.crop_pct == 1 else f"{numbers.whole_share(found.crop_pct)} of "
    if found.fit == "squash":
        shown = f"{part}each side, squashed" if part else "each image whole, squashed to a square"
    elif found.fit == "pad":
        shown = f"{part}the square around each image" if part else "each image whole"
        shown += ", with black margins"
    else:
        shown = f"{part}the square at the centre"
    if not found.most_cut:
        return shown if found.fit != "crop" else "nothing is cut off"
    most = "" if found.most_cut - found.cut < 5e-4 else f" ({_share(found.most_cut)} at most)"
    return f"{shown}; {_share(found.cut)} of the area is cut off{most}"


def _share(fraction: float) -> str:
    return numbers.share(fraction) if 0 < fraction < 0.1 else numbers.whole_share(fraction)


def unequal(survey: Survey) -> str:
    """A sentence on classes with unequal numbers of training images, or empty."""
    counts = survey.splits[0].of_class
    most, least = max(counts), min(counts)
    if most < UNEQUAL * least:
        return ""
    names = (survey.classes[counts.index(count)] for count in (most, least))
    large, small = (harmless(name) for name in names)
    ratio = f", {most / least:.3g} times as many" if least else ""
    return f"{large} has {most:,} training images, {small} {least:,}{ratio}"


def reason(found: Reason) -> str:
    """`files of other formats: 12 (a.doc, b.doc, c.doc and 9 more)`."""
    return f"{harmless(found.why)}: {found.count:,} ({examples(found.examples, found.count)})"


def place(found: Place) -> str:
    return harmless(found.name)


def _groups(groups: Sequence[Sequence[Place]]) -> str:
    return ", ".join(" = ".join(place(each) for each in group[:2]) for group in groups[:EXAMPLES])


def twice(found: Findings) -> str:
    if not found.twice:
        return "no image occurs twice"
    spare = sum(len(group) - 1 for group in found.twice)
    return (
        f"{spare:,} {'repeat another image' if spare > 1 else 'repeats another image'}: "
        f"{_groups(found.twice)}{_more(len(found.twice))}"
    )


def other_labels(found: Findings) -> str:
    groups = found.other_labels
    return (
        f"{len(groups):,} of these {'have' if len(groups) > 1 else 'has'} several classes: "
        + ", ".join(
            " and ".join(f"{place(each)} ({harmless(each.label)})" for each in group[:2])
            for group in groups[:EXAMPLES]
        )
        + _more(len(groups))
    )


def leaks(found: Findings) -> str:
    if not found.leaks:
        return "no validation or test image is also in training"
    are = "images are" if len(found.leaks) > 1 else "image is"
    return (
        f"{len(found.leaks):,} validation or test {are} also in training: "
        f"{_groups(found.leaks)}{_more(len(found.leaks))}"
    )


def constant(found: Findings) -> str:
    names = [each.name for each in found.constant]
    several = len(names) > 1
    return f"{len(names):,} image{'s' * several} of one colour: {examples(names)}"


def broken_images(found: Findings) -> str:
    first = with_reasons((each.name, why) for each, why in found.broken[:EXAMPLES])
    return f"{len(found.broken):,} cannot be decoded: {first}{_more(len(found.broken))}"


def near(found: Findings) -> str:
    pairs = found.near or ()
    if not pairs:
        return "no other two look alike"
    shown = ", ".join(
        f"{place(p.first)} ~ {place(p.second)} ({p.bits} bits)" for p in pairs[:EXAMPLES]
    )
    return f"{len(pairs):,} pair{'s' * (len(pairs) > 1)} look alike: {shown}{_more(len(pairs))}"


def _more(count: int) -> str:
    return f" and {count - EXAMPLES:,} more" if count > EXAMPLES else ""


def summary(
    layout: str, classes: Sequence[str], found: Sizes, looked_at: int, network: Seen, *, crops: bool
) -> str:
    """What the log of a run says of its data, by a sample of so many images.

    With random `crops`, the network sees the images like this only where it is evaluated.

    `the data is understood as CLASS, with 2 classes: cat, dog; the images are 64×48, and the
    network sees them in colour, as 3×64×64: the square at the centre; 25 % of the area is cut off`
    """
    several = f"{len(classes):,} classes: {examples(classes)}"
    understood = f"the data is understood as {harmless(layout)}, with {several}"
    colours = "in grey" if network.channels == 1 else "in colour"
    when = "in evaluations the network" if crops else "the network"
    return (
        f"{understood if layout else several}; the images are {_range(found, looked_at)}, and "
        f"{when} sees them {colours}, as {seen(network, counted=False)}"
    )


def _range(found: Sizes, looked_at: int) -> str:
    """`40×20 to 32×32, most often 32×32`, or the median where no size is frequent."""
    first, *others = found.common
    if not others:
        return size(first.size)
    is_frequent = first.images >= FREQUENT * looked_at and first.images > others[0].images
    typical = f"most often {size(first.size)}" if is_frequent else f"median {size(found.median)}"
    return f"{size(found.smallest)} to {size(found.largest)}, {typical}"
