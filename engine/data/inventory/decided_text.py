"""Sentences for the user about decisions on labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.text import examples, harmless, nearest


class DecidedCounts(NamedTuple):
    """How many images of a split were dropped, have another class now, and are kept as they are."""

    dropped: int
    relabelled: int
    kept: int

    @property
    def words(self) -> str:
        return f"{self.dropped:,} dropped, {self.relabelled:,} relabelled, {self.kept:,} kept"


class Decided(NamedTuple):
    """What decisions on labels have changed in training, validation and test."""

    train: DecidedCounts
    validation: DecidedCounts
    test: DecidedCounts


def decided(file: str, done: Decided) -> str:
    """`labels.toml: 3 dropped, 5 relabelled, 12 kept`, and what it decides on other images."""
    others = ("of the validation images ", done.validation), ("of the test images ", done.test)
    named = [f"; {split}{counts.words}" for split, counts in others if any(counts)]
    return f"{harmless(file)}: {done.train.words}{''.join(named)}"


def no_such_image(file: object, unknown: Sequence[str], known: str, near: str) -> str:
    """`known` is the name of an image that is there; `near` is one like the first, or empty."""
    how = (
        f"did you mean {harmless(near)}?"
        if near
        else f"take their lines out of the file, or name them as {harmless(known)}."
    )
    return (
        f"the decisions on labels in {harmless(str(file))} name images that the data does not have "
        f"({examples(unknown)}): {how}"
    )


def no_such_class(file: object, image: str, label: str, classes: Sequence[str]) -> str:
    where = f"the classes are {examples(classes)}."
    return (
        f"the decisions on labels in {harmless(str(file))} give {harmless(image)} the class "
        f"{harmless(label)}, which the data does not have: {nearest(label, classes, where)}"
    )


def none_left_of_class(classes: Sequence[str]) -> str:
    return (
        f"the decisions on labels leave no training image of some classes ({examples(classes)}): "
        "keep some of them, or take the folders or rows of these classes out of the data."
    )


NONE_LEFT_TO_VALIDATE = "the decisions on labels leave no validation image: keep some of them."
