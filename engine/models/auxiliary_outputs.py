"""Auxiliary logits: what some models return in training mode, to be trained beside the logits."""

from __future__ import annotations

from torch import Tensor

from cnn_tui.model_outputs import logits_of, others_of

# The share of the loss of each auxiliary output: of one, as in Inception-v3 (Szegedy et al. 2015),
# and of several, as in GoogLeNet (Szegedy et al. 2014).
OF_ONE, OF_SEVERAL = 0.4, 0.3


def auxiliary_logits(output: object) -> list[Tensor]:
    """The tensors beside the logits that have their shape, (N, classes)."""
    logits = logits_of(output)
    return [other for other in others_of(output) if other.shape == logits.shape]


def share_of_each(count: int) -> float:
    """The weight of each of so many auxiliary losses; that of the logits is 1."""
    return OF_ONE if count == 1 else OF_SEVERAL
