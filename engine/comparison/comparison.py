"""All that is said about several trainings side by side."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.comparison.class_accuracies import ClassAccuracies, class_accuracies
from engine.comparison.compared_pairs import (
    ComparedPair,
    PairImages,
    compared_pairs,
    pair_images,
)
from engine.comparison.compared_training import ComparedTraining
from engine.comparison.differing_settings import DifferingSetting, differing
from engine.comparison.group_names import group_name
from engine.comparison.seed_groups import Spread, seed_groups, spread
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
    `classes` are those in which they differ. `images` are those that two trainings disagree on;
    None of more, or without a paired test.
    """

    trainings: tuple[TrainingResult, ...]
    settings: tuple[DifferingSetting, ...]
    groups: tuple[SeedGroup, ...]
    pairs: tuple[ComparedPair, ...]
    classes: tuple[ClassAccuracies, ...]
    images: PairImages | None = None

    @property
    def ranked_groups(self) -> list[SeedGroup]:
        """The groups, that of the highest mean accuracy first."""
        return sorted(self.groups, key=lambda group: -(group.top1.mean if group.top1 else 0.0))

    @property
    def seeded_groups(self) -> list[SeedGroup]:
        """The ranked groups that have the accuracies of several seeds."""
        return [one for one in self.ranked_groups if one.top1 is not None and one.top1.values > 1]

    @property
    def best_tested(self) -> ComparedPair | None:
        """Of the pairs with a test, that of the most accurate trainings; None without any.

        Pairs of recipes come before those that differ in their seeds.
        """

        def rank(pair: ComparedPair) -> tuple[bool, list[float]]:
            top1 = [self.trainings[i].top1 or 0.0 for i in (pair.a, pair.b)]
            return pair.adjusted is not None, sorted(top1, reverse=True)

        return max((pair for pair in self.pairs if pair.paired is not None), key=rank, default=None)

    @property
    def leaves_images_out(self) -> bool:
        """Whether a pair is compared on a part of its images, since labels differ."""
        return any(pair.paired is not None and pair.paired.left_out for pair in self.pairs)


def comparison(trainings: Sequence[ComparedTraining]) -> Comparison:
    """Compare two or more trainings. With many kept judgements the tests take seconds."""
    results = tuple(map(training_result, trainings))
    settings = [training.settings for training in trainings]
    differences = differing(settings)
    groups = tuple(_group(members, results, differences) for members in seed_groups(settings))
    pairs = compared_pairs(trainings)
    alone = len(pairs) == 1 and pairs[0].paired is not None
    images = pair_images(*trainings) if alone else None
    classes = class_accuracies(trainings)
    return Comparison(results, differences, groups, pairs, classes, images)


def _group(
    members: tuple[int, ...],
    results: Sequence[TrainingResult],
    differences: Sequence[DifferingSetting],
) -> SeedGroup:
    own = [results[i] for i in members]
    return SeedGroup(
        group_name(members, [one.label for one in results], differences),
        members,
        spread(one.top1 for one in own),
        spread(one.loss for one in own),
        spread(one.test_top1 for one in own),
        spread(one.elapsed or None for one in own),
    )
