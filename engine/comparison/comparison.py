"""All that is said about several trainings side by side."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.comparison import comparison_text
from engine.comparison.compared_pairs import (
    ComparedPair,
    PairImages,
    compared_pairs,
    pair_images,
)
from engine.comparison.compared_training import ComparedTraining
from engine.comparison.differing_settings import DifferingSetting, differing
from engine.comparison.seed_groups import WITHOUT_EFFECT, Spread, seed_groups, spread
from engine.comparison.training_results import TrainingResult, training_result


class SeedGroup(msgspec.Struct, frozen=True):
    """Trainings that differ only in their seed, by their index; often a single one.

    `name` is the label of a single one, else what sets the group apart.
    """

    name: str
    members: tuple[int, ...]
    top1: Spread | None
    loss: Spread | None
    test_top1: Spread | None
    elapsed: Spread | None


class Comparison(msgspec.Struct, frozen=True):
    """The trainings, in the order that was asked for.

    `settings` are those that differ. `groups` hold each training once. `pairs` are all pairs.
    `images` are those that two trainings disagree on; None of more, or without a paired test.
    """

    trainings: tuple[TrainingResult, ...]
    settings: tuple[DifferingSetting, ...]
    groups: tuple[SeedGroup, ...]
    pairs: tuple[ComparedPair, ...]
    images: PairImages | None = None


def comparison(trainings: Sequence[ComparedTraining]) -> Comparison:
    """Compare two or more trainings. With many kept judgements the tests take seconds."""
    results = tuple(map(training_result, trainings))
    settings = [training.settings for training in trainings]
    differences = differing(settings)
    groups = tuple(_group(members, results, differences) for members in seed_groups(settings))
    pairs = compared_pairs(trainings)
    alone = len(pairs) == 1 and pairs[0].paired is not None
    images = pair_images(*trainings) if alone else None
    return Comparison(results, differences, groups, pairs, images)


def _group(
    members: tuple[int, ...],
    results: Sequence[TrainingResult],
    differences: Sequence[DifferingSetting],
) -> SeedGroup:
    own = [results[i] for i in members]
    return SeedGroup(
        own[0].label if len(own) == 1 else _name(members, results, differences),
        members,
        spread(one.top1 for one in own),
        spread(one.loss for one in own),
        spread(one.test_top1 for one in own),
        spread(one.elapsed or None for one in own),
    )


def _name(
    members: tuple[int, ...],
    results: Sequence[TrainingResult],
    differences: Sequence[DifferingSetting],
) -> str:
    """The settings in which a group differs from others; without any, the label of its first."""
    told = [
        comparison_text.setting(one.name, one.values[members[0]])
        for one in differences
        if one.name not in WITHOUT_EFFECT
    ]
    words = ", ".join(told) or results[members[0]].label
    return comparison_text.with_seeds(words, len(members))
