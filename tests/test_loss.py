"""The loss against PyTorch's own and against the formula."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.data.base.batch import Batch
from engine.training.loss import CrossEntropy, class_weights

CLASSES = 5


def some(count: int = 16) -> tuple[Tensor, Batch]:
    """Logits (N, 5) and a batch of labels without images."""
    torch.manual_seed(0)
    return torch.randn(count, CLASSES), Batch(torch.empty(count), torch.arange(count) % CLASSES)


def mixed(batch: Batch) -> tuple[Batch, Tensor]:
    """The batch with other labels in random shares, and both as targets (N, classes)."""
    others, share = batch.labels.flip(0), torch.rand(len(batch.labels))
    one, other = F.one_hot(batch.labels, CLASSES), F.one_hot(others, CLASSES)
    targets = share[:, None] * one + (1 - share)[:, None] * other
    return Batch(batch.images, batch.labels, others, share), targets


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_it_is_cross_entropy(smoothing: float) -> None:
    logits, batch = some()
    expected = F.cross_entropy(logits, batch.labels, label_smoothing=smoothing)
    torch.testing.assert_close(CrossEntropy(smoothing, None)(logits, batch), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_mixed_labels_count_in_their_shares(smoothing: float) -> None:
    logits, batch = some()
    batch, targets = mixed(batch)
    expected = F.cross_entropy(logits, targets, label_smoothing=smoothing)
    torch.testing.assert_close(CrossEntropy(smoothing, None)(logits, batch), expected)


def test_weights_scale_the_loss_of_each_label() -> None:
    logits, batch = some()
    weights = torch.tensor([0.5, 1.0, 2.0, 0.0, 1.5])
    each = F.cross_entropy(logits, batch.labels, reduction="none")
    expected = (each * weights[batch.labels]).mean()
    torch.testing.assert_close(CrossEntropy(0.0, weights)(logits, batch), expected)


def test_weights_and_mixed_labels_go_together() -> None:
    logits, batch = some()
    weights = torch.tensor([0.5, 1.0, 2.0, 0.0, 1.5])
    batch, targets = mixed(batch)
    expected = -(targets * weights * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(CrossEntropy(0.0, weights)(logits, batch), expected)


def test_weighted_classes_sum_to_the_same_and_labels_to_their_number() -> None:
    weights = class_weights((6, 3, 0, 1))
    assert weights.tolist() == pytest.approx([10 / 18, 10 / 9, 0.0, 10 / 3])
    labels = torch.tensor([0] * 6 + [1] * 3 + [3])
    assert float(weights[labels].mean()) == pytest.approx(1.0)


def test_a_guess_costs_the_logarithm_of_the_classes_with_any_labels() -> None:
    _, batch = some()
    logits = torch.zeros(16, CLASSES)
    for loss in (CrossEntropy(0.0, None), CrossEntropy(0.3, None)):
        for labels in (batch, mixed(batch)[0]):
            torch.testing.assert_close(loss(logits, labels), torch.tensor(CLASSES).log())
