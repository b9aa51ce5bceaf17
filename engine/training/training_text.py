"""Sentences for the user from the training loop."""

from __future__ import annotations

from collections.abc import Mapping

from engine.checkpoints.run_state import RunShape
from engine.inspection.output_range import Ending
from engine.numbers import significant
from engine.text import FIRST_LOSS_TOLERANCE, harmless


def not_recorded(why: str) -> str:
    return (
        f"a training step could not be recorded ({harmless(why)}), so its kernels are launched one "
        "by one, which is slower; --set cuda_graph=off skips the attempt."
    )


def not_deterministic(operation: str) -> str:
    return (
        f"{harmless(operation)} has no kernel that computes the same bits every time, so two runs "
        "of this seed may differ; if they must not, replace the layer that needs it."
    )


def loss_not_finite(step: int, layer: str) -> str:
    where = f", first in {harmless(layer)}" if layer else ""
    return (
        f"the loss is not a number since step {step}{where}: try a lower learning rate, --set "
        "clip=1, or --set on_nan=rollback."
    )


def first_loss(loss: float, expected: float, classes: int) -> str:
    guess = f"a guess among {classes} classes has ln {classes} = {significant(expected)}"
    if loss > expected + 1:
        return (
            f"the first loss is {significant(loss)}, and {guess}: the first logits are too large, "
            "so check the initialisation and the normalisation of the images."
        )
    if loss < expected * 0.5:
        return (
            f"the first loss is {significant(loss)}, and {guess}: the model knows the answers "
            "already, so check that no image shows its label, unless you begin with trained "
            "weights."
        )
    fits = abs(loss - expected) <= FIRST_LOSS_TOLERANCE * expected
    side = "above" if loss > expected else "below"
    judged = "as it should be" if fits else f"{significant(abs(loss - expected))} {side} a guess"
    return f"the first loss is {significant(loss)}, {judged}: {guess}."


# By the activation function after the logits.
ENDINGS: Mapping[Ending, str] = {
    "softmax": (
        "the network ends in a softmax: each row of its output sums to 1. Remove it, since the "
        "loss applies its own; with two, the network learns slowly or not at all."
    ),
    "sigmoid": (
        "the network seems to end in a sigmoid: all of its outputs lie between 0 and 1. Remove it, "
        "since the loss expects logits; with it, the network learns slowly."
    ),
    "relu": (
        "the network seems to end in a ReLU: none of its outputs is negative, and many are 0. "
        "Remove it, since a class whose output is 0 gets no gradient and ties with others."
    ),
}


# The fields of RunShape in words.
SHAPE: Mapping[str, str] = {
    "steps_per_epoch": "steps per epoch",
    "batch": "batch",
    "classes": "classes",
}


def other_shape(then: RunShape, now: RunShape) -> str:
    pairs = [(words, getattr(then, key), getattr(now, key)) for key, words in SHAPE.items()]
    changed = [f"{words} {was:,} → {is_now:,}" for words, was, is_now in pairs if was != is_now]
    return (
        f"the data or the recipe is not the one that the checkpoint was made with "
        f"({', '.join(changed)}): put it back as it was, or start another run with --init-from."
    )


STEERED_TOO_LATE = (
    "the last epoch has ended, so there is nothing to steer: once the run is done, train it "
    "further with `cnn-tui resume RUN --epochs N`."
)
