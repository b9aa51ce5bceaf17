"""Matches the names of weights in a file with those of a model.

Wrappers put prefixes before names: `module.` (DataParallel), `_orig_mod.` (torch.compile), `model.`
(Lightning), `backbone.`. Some are in the file, some in the model. One prefix is removed on each
side where more weights match without it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

Shape: TypeAlias = tuple[int, ...]
Shapes: TypeAlias = Mapping[str, Shape]

# Names that wrappers insert anywhere, and that no layer has.
WRAPPERS = re.compile(r"\b(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
# torchvision's weight files of DenseNets have old layer names: norm.1 is norm1 today.
OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=\d)")
# The most attributes that a prefix consists of: `model.module.backbone.net.`.
LONGEST_PREFIX = 4
# A prefix is looked at if so many of the names have it: those of one layer do not matter.
LEAST_SHARE = 0.2
AVERAGED = re.compile(r"(^|\.|_)ema(_|\.|$)")
COUNTER = "num_batches_tracked"


class Match(NamedTuple):
    """Which weights of a model a file has, in the order of the model.

    `taken` maps names of the model to those of the file. `other_shape` does so for weights that
    have another shape there. `fresh` are the model's other weights, and `unused` the file's.
    `prefix` was removed from the names of the file. Counters of batches that a file lacks are
    left out: nothing but their average depends on them.
    """

    taken: Mapping[str, str]
    other_shape: Mapping[str, str]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]
    prefix: str = ""

    @property
    def total(self) -> int:
        """The number of weights of the model."""
        return len(self.taken) + len(self.other_shape) + len(self.fresh)


def match(ours: Shapes, theirs: Shapes, fits: Callable[[Shape, Shape], bool]) -> Match:
    """Match a model's weights with those of a file; `fits` compares a file's shape with a model's.

    Among equally good prefixes, one of averaged weights is preferred, and then the shortest.
    """
    our_forms, their_forms = _forms(ours), _forms(theirs)

    def worth(pair: tuple[str, str]) -> tuple[int, int, bool, int]:
        named = _common_names(our_forms[pair[0]], their_forms[pair[1]])
        fitting = sum(fits(theirs[their], ours[our]) for our, their in named.items())
        averaged = AVERAGED.search(pair[1]) is not None
        return fitting, len(named), averaged, -sum(map(len, pair))

    of_ours, of_theirs = max(itertools.product(our_forms, their_forms), key=worth)
    named = _common_names(our_forms[of_ours], their_forms[of_theirs])
    taken = {our: their for our, their in named.items() if fits(theirs[their], ours[our])}
    used = {*named.values()}
    return Match(
        taken,
        {our: their for our, their in named.items() if our not in taken},
        tuple(name for name in ours if name not in named and not name.endswith(COUNTER)),
        tuple(name for name in theirs if name not in used),
        of_theirs,
    )


def _forms(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The names by what they are without a wrapper's prefix, for every prefix that there may be."""
    usual = {OLD_NAME.sub(r"\1", WRAPPERS.sub("", name)): name for name in names}
    return {prefix: _without(prefix, usual) for prefix in _prefixes(usual)}


def _prefixes(names: Collection[str]) -> list[str]:
    """No prefix, and the first attributes of many names, up to the number of a layer.

    At least a layer and its weight are left of a name.
    """
    found: Counter[str] = Counter()
    for name in names:
        parts = name.split(".")[:-2][:LONGEST_PREFIX]
        attributes = list(itertools.takewhile(lambda part: not part.isdecimal(), parts))
        for length in range(1, len(attributes) + 1):
            found[".".join(attributes[:length]) + "."] += 1
    return ["", *(each for each, count in found.items() if count >= LEAST_SHARE * len(names))]


def _without(prefix: str, usual: Mapping[str, str]) -> dict[str, str]:
    """The names without this prefix; where two become alike, the one that had it."""
    bare: dict[str, str] = {}
    for short, name in usual.items():
        if short.startswith(prefix) or short not in bare:
            bare[short.removeprefix(prefix)] = name
    return bare


def _common_names(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """The file's name for each of the model's names that it has, in the model's order."""
    return {our: theirs[short] for short, our in ours.items() if short in theirs}
