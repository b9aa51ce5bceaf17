"""How a group of trainings that differ only in their seed is called, in print and on screens."""

from __future__ import annotations

from collections.abc import Sequence

from engine.comparison import comparison_text
from engine.comparison.differing_settings import DifferingSetting
from engine.comparison.seed_groups import WITHOUT_EFFECT


def group_name(
    members: tuple[int, ...], labels: Sequence[str], differences: Sequence[DifferingSetting]
) -> str:
    """The settings in which it differs from others, as `lr=0.05 (2 seeds)`; alone, its label.

    `labels` and the values of `differences` are those of all trainings, of which `members` are
    indices. Where no setting differs, the label of the first member stands for them.
    """
    first = members[0]
    if len(members) == 1:
        return labels[first]
    told = [
        comparison_text.setting(one.name, one.values[first])
        for one in differences
        if one.name not in WITHOUT_EFFECT
    ]
    return comparison_text.with_seeds(", ".join(told) or labels[first], len(members))
