"""Compares what an exported file computes with its network."""

from __future__ import annotations

from torch import Tensor

from engine.errors import RunError
from engine.export import export_text
from engine.export.deployment import Deployment
from engine.protocol.requests import ExportFormat

# As a share of the largest logit: what float32 and another order of sums may do.
TOLERANCE = 1e-4


def expected_logits(deployment: Deployment, pixels: Tensor) -> Tensor:
    """The logits (N, classes) of pixels uint8. Raises RunError where they are no finite numbers."""
    expected = deployment.logits(pixels)
    if not expected.isfinite().all():
        raise RunError(export_text.NOT_FINITE)
    return expected


def difference(expected: Tensor, found: Tensor) -> float:
    """The largest difference of logits, as a share of the largest logit."""
    largest = float(expected.abs().max())
    apart = float((found - expected).abs().max())
    return apart / largest if largest else apart


def check(name: ExportFormat, expected: Tensor, found: Tensor) -> float:
    """The difference. Raises RunError where it is too large, or changes the class of an image.

    An image has another class only where its two best logits are farther apart than the tolerance.
    """
    apart = difference(expected, found)
    if not apart <= TOLERANCE:  # also where it is no number
        raise RunError(export_text.differs(name, apart, TOLERANCE))
    best, second = expected.topk(2).values.unbind(1)
    clear = best - second > TOLERANCE * expected.abs().max()
    changed = clear & (expected.argmax(1) != found.argmax(1))
    if changed.any():
        raise RunError(export_text.other_classes(name, int(changed.sum()), len(changed)))
    return apart


def check_repeatable(deployment: Deployment, pixels: Tensor, expected: Tensor) -> None:
    """Raise RunError where the network itself gives these images other logits now, or alone."""
    if not difference(expected, deployment.logits(pixels)) <= TOLERANCE:
        raise RunError(export_text.NOT_THE_SAME_TWICE)
    if not difference(expected[:1], deployment.logits(pixels[:1])) <= TOLERANCE:
        raise RunError(export_text.NOT_THE_SAME_ALONE)
