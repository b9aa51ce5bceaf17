"""Words and sentences about trainings side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.numbers import percent, significant
from engine.recipes.recipe_toml import as_setting
from engine.text import harmless

if TYPE_CHECKING:
    from engine.comparison.paired_test import Paired

SMALLEST_P = 0.001


def setting(name: str, value: object) -> str:
    """`lr=0.1`; an architecture and a data set are known without their field's name."""
    written = setting_value(value)
    return written if name in ("arch", "data") else f"{harmless(name)}={written}"


def setting_value(value: object) -> str:
    """A value as one types it; empty where a training has none."""
    if value is None:
        return ""
    return harmless(as_setting(tuple(value) if isinstance(value, list) else value))


def with_seeds(words: str, seeds: int) -> str:
    return f"{words} ({seeds} seeds)"


# Why there is no paired test


def keeps_no_judgements(label: str) -> str:
    return (
        f"{harmless(label)} is the log of another program, which keeps no judgement of each image, "
        "so there is no paired test."
    )


def no_epoch(label: str) -> str:
    return f"no epoch of {harmless(label)} has ended, so there is no paired test yet."


def no_predictions(label: str) -> str:
    return (
        f"{harmless(label)} has not kept what its best network says about each image, as runs of "
        "older versions and of other programs, so there is no paired test."
    )


def of_another_epoch(label: str, kept: int, best: int) -> str:
    return (
        f"{harmless(label)} has kept judgements of epoch {kept}, and its best epoch is {best}, so "
        "there is no paired test: resume it, or wait for the next epoch."
    )


def other_classes(a: str, b: str) -> str:
    return f"{harmless(a)} and {harmless(b)} learn other classes, so there is no paired test."


def other_images(a: str, b: str) -> str:
    return (
        f"{harmless(a)} and {harmless(b)} were validated on other images, so there is no paired "
        "test: give both the same data and holdout, and the same seed, which chooses what is held "
        "out."
    )


def no_common_image(a: str, b: str) -> str:
    return f"{harmless(a)} and {harmless(b)} could read no image in common: check the data."


# What a paired test says


def paired_words(a: str, b: str, found: Paired, adjusted: float, tests: int) -> str:
    """`adjusted` is the p for all tests together."""
    a, b = harmless(a), harmless(b)
    if found.only_a + found.only_b == 0:
        return (
            f"{a} and {b} are right on the same images: no difference that {images(found)} could "
            "show."
        )
    counted = f"{found.only_a:,} that only {a} has right, {found.only_b:,} only {b}"
    chance = _chance(found.p, adjusted, tests)
    if adjusted <= 0.05:
        better, worse = (a, b) if found.difference > 0 else (b, a)
        return f"{better} is better than {worse} by {_points(found)}: {counted}; {chance}."
    return (
        f"no difference that {images(found)} could show between {a} and {b}: {counted}; {chance}. "
        f"From {percent(found.shows_from)} points on it would show."
    )


def images(found: Paired) -> str:
    return "1 image" if found.images == 1 else f"{found.images:,} images"


def _points(found: Paired) -> str:
    """`2.3 points (95 %: 0.8 to 3.8)`, whichever of the two is better."""
    ends = sorted((abs(found.low), abs(found.high)))
    low, high = (percent(end) for end in ends)
    return f"{percent(abs(found.difference))} points (95 %: {low} to {high})"


def _chance(p: float, adjusted: float, tests: int) -> str:
    if tests == 1:
        return chance(p)
    return f"{chance(p)}, and {significant(adjusted, 2)} for all {tests} pairs together"


def chance(p: float) -> str:
    """`p = 0.034`, `p < 0.001`."""
    return f"p < {SMALLEST_P}" if p < SMALLEST_P else f"p = {significant(p, 2)}"
