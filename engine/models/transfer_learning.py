"""Transfer learning: starts from the weights of another training, and freezes the backbone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.errors import UsageError
from engine.models import model_text, weight_matching
from engine.models.model_head import head_parameters, head_weights
from engine.models.weight_matching import Match, Shape, Shapes

NEW_HEAD_SCALE = 0.001


class Taken(NamedTuple):
    """The weights that a model takes over, of which names and shapes, and the names of its head."""

    match: Match
    head: frozenset[str]
    ours: Shapes
    theirs: Shapes

    @property
    def is_whole(self) -> bool:
        """Whether the head alone is fresh, if anything is."""
        return self.head.issuperset((*self.match.fresh, *self.match.other_shape))

    @property
    def head_is_fresh(self) -> bool:
        return not self.head.issubset(self.match.taken)

    def in_words(self) -> str:
        """What was taken, what is fresh, and what of the file is unused, by name."""
        taken, other_shape, fresh, unused, _ = self.match
        changed = [name for name in other_shape if name not in self.head]
        others = [
            model_text.changed_shape(name, self.theirs[other_shape[name]], self.ours[name])
            for name in changed
        ]
        others += [name for name in fresh if name not in self.head]
        return model_text.taken(len(taken), self.match.total, self._fresh_head(), others, unused)

    def _fresh_head(self) -> list[str]:
        """The names of a fresh head; the last says how many classes the other one has, if known."""
        names = [name for name in self.ours if name in self.head - self.match.taken.keys()]
        for name in names[-1:]:
            then = self.theirs.get(self.match.other_shape.get(name, ""), ())
            if then and then[0] != self.ours[name][0]:
                names[-1] = model_text.changed_classes(name, then[0], self.ours[name][0])
        return names


def take_weights(
    model: nn.Module,
    state: Mapping[str, Tensor],
    source: str,
    image_shape: tuple[int, ...],
    *,
    keep_head: bool,
    enough: Callable[[Taken], bool],
) -> Taken:
    """Load what fits of the weights of another model; images are (C, H, W).

    Leaves the head if `keep_head` says so, or if the other one has another shape; see
    `_shrink_new_head`. Sums colour filters over their channels if this model's images are grey.
    Changes nothing unless what fits is `enough`. Raises UsageError where that holds NaN or
    infinity.
    """
    current = {key: each for key, each in model.state_dict().items() if isinstance(each, Tensor)}
    ours, theirs = (
        {key: tuple(each.shape) for key, each in one.items()} for one in (current, state)
    )
    last = head_weights(model, image_shape[0], image_shape[-1]) & current.keys()
    found = weight_matching.match(ours, theirs, _fits)
    found = _left_fresh(found, _of_another_kind(found, current, state))
    kept = {*last} if keep_head or not last <= found.taken.keys() else set()
    taken = Taken(_left_fresh(found, kept), frozenset(last), ours, theirs)
    if enough(taken):
        _load(model, taken, current, state, source)
        _shrink_new_head(model, taken)
    return taken


def _load(
    model: nn.Module,
    taken: Taken,
    current: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    source: str,
) -> None:
    """Raises UsageError, and changes nothing, where what is taken holds NaN or infinity."""
    names = taken.match.taken
    # Only what fits is made dense: a sparse tensor of another shape may be too large for that.
    loaded = {our: _for_grey(state[their].to_dense(), current[our]) for our, their in names.items()}
    loaded = {our: each.to(current[our].dtype) for our, each in loaded.items()}
    # The mask of an attention layer may hold infinity, and a fresh model has the same one.
    broken = [o for o, each in loaded.items() if not is_finite(each) and is_finite(current[o])]
    if broken:
        raise UsageError(model_text.not_finite(source, [names[our] for our in broken]))
    model.load_state_dict(loaded, strict=False)


def _shrink_new_head(model: nn.Module, taken: Taken) -> None:
    """Scale a new head down if it is one linear layer.

    So do Liu et al. 2022, "A ConvNet for the 2020s", table 6: the loss begins at ln(classes), and
    no large random gradients reach the weights that were taken. EfficientNet's own first weights
    are within 1 / sqrt(classes), which suits 1,000 classes, and is far too much for a few.
    """
    layers = {name.rpartition(".")[0] for name in taken.head}
    if len(layers) != 1 or not taken.head.isdisjoint(taken.match.taken):
        return
    layer = model.get_submodule(*layers)
    if isinstance(layer, nn.Linear):
        with torch.no_grad():
            for parameter in layer.parameters(recurse=False):
                parameter.mul_(NEW_HEAD_SCALE)


def is_finite(tensor: Tensor) -> bool:
    return bool(tensor.isfinite().all())


def load_weights(
    model: nn.Module,
    state: Mapping[str, Tensor],
    source: str,
    image_shape: tuple[int, ...],
    *,
    same_classes: bool,
) -> bool:
    """Load the weights of another model of this architecture, as `take_weights` does.

    Leaves the head new if the other one was not made for the `same_classes`. Returns whether it is
    new. Raises UsageError if the weights belong to another architecture, or hold NaN
    or infinity.
    """
    taken = take_weights(
        model,
        state,
        source,
        image_shape,
        keep_head=not same_classes,
        enough=lambda taken: taken.is_whole,
    )
    if not taken.is_whole:
        raise UsageError(model_text.weights_do_not_fit(source))
    return taken.head_is_fresh


def _of_another_kind(
    match: Match, ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]
) -> set[str]:
    """The names of weights that are whole or complex numbers in the file, as in quantised ones."""
    return {
        our
        for our, their in match.taken.items()
        if ours[our].is_floating_point() and not theirs[their].is_floating_point()
    }


def _left_fresh(match: Match, names: AbstractSet[str]) -> Match:
    """The match without these names of the model."""
    fresh = [name for name in match.taken if name in names]
    return match._replace(
        taken={our: their for our, their in match.taken.items() if our not in names},
        fresh=(*match.fresh, *fresh),
    )


def _fits(theirs: Shape, ours: Shape) -> bool:
    """Whether weights of one shape can be loaded as those of another; see `_for_grey`."""
    return theirs == ours or _is_summed(theirs, ours)


def _is_summed(theirs: Shape, ours: Shape) -> bool:
    return len(ours) == 4 and (theirs, ours[1]) == ((ours[0], 3, *ours[2:]), 1)


def _for_grey(filters: Tensor, current: Tensor) -> Tensor:
    """The filters; colour filters (K, 3, H, W) are summed if the current ones are (K, 1, H, W)."""
    if not _is_summed(tuple(filters.shape), tuple(current.shape)):
        return filters
    return filters.sum(1, keepdim=True)


class FrozenBackbone:
    """The model without its head. It stays unchanged in the first `frozen_epochs` epochs."""

    def __init__(self, model: nn.Module, frozen_epochs: int, image_shape: tuple[int, ...]) -> None:
        """Raises UsageError where nothing would learn, since the head itself is frozen."""
        self._frozen_epochs = frozen_epochs
        kept = head_parameters(model, image_shape[0], image_shape[-1]) if frozen_epochs else set()
        if frozen_epochs and not any(parameter.requires_grad for parameter in kept):
            raise UsageError(model_text.HEAD_FROZEN)
        self._parameters = [p for p in model.parameters() if p.requires_grad and p not in kept]
        self._norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]

    def start_epoch(self, epoch: int) -> None:
        """Freeze or thaw the backbone of a model in training mode; epochs count from 1.

        A frozen backbone has no gradients, and its batch norm keeps its running statistics.
        """
        frozen = epoch <= self._frozen_epochs
        for parameter in self._parameters:
            parameter.requires_grad_(not frozen)
        for norm in self._norms:
            norm.train(not frozen)
