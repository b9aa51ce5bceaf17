"""Sentences for the user about tests of a trained network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.text import examples, harmless, in_images

JUDGING = "judging the images"


def no_test_images(data: str) -> str:
    return (
        f"{harmless(data)} has no test images beside those that validate, so these are judged: "
        "they chose the best epoch, so expect a little less on new images."
    )


def own_images_changed(run: str, changed: Sequence[str], place: str) -> str:
    return (
        f"the images are not those that {harmless(run)} was trained with ({', '.join(changed)}): "
        f"put them back as they were, or test a copy of {harmless(place)} with --data."
    )


def own_data_gone(run: str, place: str) -> str:
    return (
        f"the data of {harmless(run)} is not at {harmless(place)} any more: put it back, or say "
        "where there are images to test on, with --data PATH."
    )


def unknown_classes(
    place: str, classes: Sequence[str], images: int, meant: Mapping[str, str]
) -> str:
    are = "is a class" if len(classes) == 1 else "are classes"
    return (
        f"{images:,} of the images of {harmless(place)} are left out: {examples(classes)} {are} "
        f"that the network does not know{_mapped(meant)}."
    )


def _mapped(meant: Mapping[str, str]) -> str:
    """How to say which classes are meant, where some are similar; it ends a sentence."""
    if not meant:
        return ""
    (one, two), *others = ((harmless(one), harmless(two)) for one, two in meant.items())
    also = f" (and {len(others):,} more are alike)" if others else ""
    line = "a line for each" if others else "a line"
    return (
        f"; did you mean {two} by {one}{also}? Rename it, or write {line}, such as `{one},{two}`, "
        "into a FILE and add --set class_names=FILE"
    )


def classes_without_images(place: str, classes: Sequence[str], of: int) -> str:
    return (
        f"{len(classes)} of {of} classes of the network have no images in {harmless(place)}: "
        f"{examples(classes)}."
    )


def no_class_matches(
    place: str, theirs: Sequence[str], ours: Sequence[str], meant: Mapping[str, str]
) -> str:
    return (
        f"the network knows none of the classes of {harmless(place)} ({examples(theirs)}): rename "
        f"them like its own ({examples(ours)}){_mapped(meant)}."
    )


def unreadable(images: int, broken: Sequence[str]) -> str:
    are = f"{in_images(images)} {'is' if images == 1 else 'are'}"
    return f"{are} left out, as unreadable: {examples(broken)}."


def nothing_readable(place: str) -> str:
    return (
        f"no image of {harmless(place)} can be read: check its files with `cnn-tui inspect-data`."
    )


def not_kept(run: str, why: str) -> str:
    return (
        f"the result is not kept beside {harmless(run)}, and the dashboard does not show it: "
        f"{harmless(why)}."
    )
