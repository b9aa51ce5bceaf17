"""Words and sentences about trainings side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from engine.catalog import architecture_names, data_names
from engine.comparison.several_tests import ALPHA
from engine.numbers import percent, significant
from engine.recipes.recipe_toml import as_setting
from engine.text import examples, harmless, in_images

if TYPE_CHECKING:
    from engine.comparison.comparison import SeedGroup
    from engine.comparison.paired_test import Paired
    from engine.comparison.seed_groups import Spread

SMALLEST_P = 0.001


# Settings that name files or folders; a reader elsewhere has no use for where they lie.
PATHS = frozenset({"data_dir", "init_from", "class_names", "decisions", "preset", "cache"})

# Heads of tables
RUN, GROUP, SEEDS, CLASS, IMAGES = "Run", "Settings", "Seeds", "Class", "Images"
EPOCHS, BEST_EPOCH, TOP1, LOSS, TEST = "Epochs", "Best epoch", "Top-1 %", "Loss", "Test %"
LOWEST, HIGHEST, TIME, SPEED, PARAMETERS = "Lowest %", "Highest %", "Time", "Images/s", "Parameters"
FIRST, SECOND, BOTH = "A", "B", "Both right"
CONFIDENCE, CHANCE, OF_ALL = "95 %", "p", "p of all"


def right_of(name: str) -> str:
    return f"{name} right %"


def only_right(name: str) -> str:
    return f"Only {name} right"


def difference(first: str, second: str) -> str:
    return f"{first} − {second}"


def setting(name: str, value: object) -> str:
    """`lr=0.1`; an architecture and a data set are known without their field's name."""
    written = setting_value(name, value)
    return written if name in ("arch", "data") else f"{harmless(name)}={written}"


def setting_value(name: str, value: object) -> str:
    """A value as one types it, without the folders of files; empty where a training has none."""
    if value is None:
        return ""
    if name == "arch":
        value = architecture_names.short_name(str(value))
    elif name == "data":
        value = data_names.short_name(str(value))
    elif isinstance(value, str) and (name in PATHS or value.startswith(("/", "~"))):
        value = PurePath(value).name
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


def pairs_on_other_images(pairs: int, a: str, b: str) -> str:
    """The sentence above for several pairs, of which `a` and `b` are the first."""
    return (
        f"{pairs:,} pairs were validated on other images, such as {harmless(a)} and {harmless(b)}, "
        "so they have no paired test: give all the same data and holdout, and the same seed, which "
        "chooses what is held out."
    )


def no_common_image(a: str, b: str) -> str:
    return (
        f"{harmless(a)} and {harmless(b)} could read no image that has the same label in both, so "
        "there is no paired test: check the data."
    )


# What a paired test says


def paired_words(
    a: str, b: str, found: Paired, adjusted: float | None, tests: int, shows_from: float
) -> str:
    """`adjusted` is the p for all tests of recipes together; None if the pair is none of them.

    `shows_from` is the difference that shows.
    """
    a, b, on = harmless(a), harmless(b), _left_out(found)
    if found.only_a + found.only_b == 0:
        return (
            f"{a} and {b} are right on the same images: no difference that "
            f"{in_images(found.images)} could show.{on}"
        )
    counted = f"{found.only_a:,} that only {a} has right, {found.only_b:,} only {b}"
    chance = _chance(found.p, adjusted, tests)
    if (found.p if adjusted is None else adjusted) <= ALPHA:
        better, worse = (a, b) if found.difference > 0 else (b, a)
        return f"{better} is better than {worse} by {_points(found)}: {counted}; {chance}.{on}"
    return (
        f"No difference that {in_images(found.images)} could show between {a} and {b}: {counted}; "
        f"{chance}. {_bound(shows_from, 1 if adjusted is None else tests)}{on}"
    )


def verdict(a: str, b: str, found: Paired, adjusted: float | None) -> str:
    """What the test says, in a few words: `b is better than a by 2.3 points (p = 0.021).`"""
    p = found.p if adjusted is None else adjusted
    on = f" on {in_images(found.images)}" if found.left_out else ""
    if p > ALPHA:
        return f"No difference shows between {a} and {b}{on} ({chance(p)})."
    better, worse = (a, b) if found.difference > 0 else (b, a)
    points = percent(abs(found.difference))
    return f"{better} is better than {worse} by {points} points{on} ({chance(p)})."


def _bound(shows_from: float, tests: int) -> str:
    """How large a difference must be to show."""
    among = f", since {tests} pairs are tested together" if tests > 1 else ""
    if shows_from > 1.0:
        return f"The images are too few to show any difference{among}."
    return f"To show, a difference must be at least {percent(shows_from)} points{among}."


def _left_out(found: Paired) -> str:
    """On which images two networks were compared, if not on all."""
    if not found.left_out:
        return ""
    every = found.images + found.left_out
    return f" This is on the {found.images:,} of {every:,} images that have the same label in both."


def _points(found: Paired) -> str:
    """`2.3 points (95 %: 0.8 to 3.8)`, whichever of the two is better."""
    low, high = (found.low, found.high) if found.difference > 0 else (-found.high, -found.low)
    return f"{percent(abs(found.difference))} points (95 %: {percent(low)} to {percent(high)})"


def _chance(p: float, adjusted: float | None, tests: int) -> str:
    if adjusted is None:
        return f"{chance(p)}, of this pair alone"
    if tests == 1:
        return chance(p)
    return f"{chance(p)}, and {chance_value(adjusted)} for all {tests} pairs of recipes together"


def chance(p: float) -> str:
    """`p = 0.034`, `p < 0.001`."""
    return f"p {value}" if (value := chance_value(p)).startswith("<") else f"p = {value}"


def chance_value(p: float) -> str:
    """`0.034`, `< 0.001`."""
    return f"< {SMALLEST_P}" if p < SMALLEST_P else significant(p, 2)


def interval(found: Paired) -> str:
    """`-0.4 to 3.8`, in points."""
    return f"{signed(found.low)} to {signed(found.high)}"


def signed(difference: float) -> str:
    """A difference of accuracies in points, with its sign: +1.2; 0.0 has none."""
    written = f"{100 * difference:+.1f}"
    return written if float(written) else "0.0"


def spread(found: Spread, written: Callable[[float], str], members: int) -> str:
    """`91.2 ± 0.3`, and how many of the members have a value if some have none.

    The deviation has the decimals of the mean.
    """
    mean, deviation = written(found.mean), ""
    if found.deviation is not None:
        deviation = f" ± {float(written(found.deviation)):.{len(mean.partition('.')[2])}f}"
    few = f" ({found.values} of {members})" if found.values < members else ""
    return f"{mean}{deviation}{few}"


# What the seeds say of recipes


def recipes_words(first: SeedGroup, second: SeedGroup) -> str:
    """The best recipe by the mean of its seeds, and whether the next one may be as good.

    Both have several seeds with an accuracy; a recipe with a single one may have a higher one.
    """
    best, other = first.top1, second.top1
    assert best is not None
    assert other is not None
    said = f"Best of the recipes with several seeds: {_of_seeds(first.name, best)}"
    next_one = _of_seeds(second.name, other)
    if best.lowest > other.highest:
        return f"{said}, all above those of the next, {next_one}."
    return f"{said}; the next overlaps, {next_one}: more seeds may turn it."


def _of_seeds(name: str, found: Spread) -> str:
    """`lr=0.1 (2 seeds), 91.2 % (90.9 to 91.5)`: the mean, and from the lowest to the highest."""
    low, high = percent(found.lowest), percent(found.highest)
    return f"{harmless(name)}, {percent(found.mean)} % ({low} to {high})"


# What stands below tables

ACCURACIES_ARE = "The share of the validation images of a class that is right, in per cent."
FOLDED = "± is the standard deviation over seeds (n - 1)."
ONE_NETWORK = (
    "A paired test (McNemar, exact) compares two trained networks on the same images, not their "
    "recipes: another seed may turn a small difference."
)


MATRIX_MEANS = (
    "The accuracy of a row minus that of a column, in points; * is more than chance, all pairs of "
    "recipes together (Holm, 5 %)."
)


OWN_LABELS = (
    "A pair is compared on the images that have the same label in both; the accuracy of a run is "
    "on all of its images, by its own labels."
)


def images_of(label: str, other: str, shown: Sequence[int], count: int) -> str:
    """Which images only one training has right, by their index in those of the other one."""
    listed = examples(map(str, shown), count, most=len(shown))
    return (
        f"Images that only {harmless(label)} has right, by index in {harmless(other)}: "
        f"{listed or 'none'}."
    )
