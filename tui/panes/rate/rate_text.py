"""Words of the learning-rate pane."""

from __future__ import annotations

RATE_TITLE = "Learning rate"

GO_TO_RATE = "Go to the learning rate"

# What `e` says

EXPLAIN_RATE = "The learning rate is how far a step moves the weights against the gradient."

EXPLAIN_NO_PLAN = "Its schedule comes with the start of the run."

EXPLAIN_WARMUP = (
    "It is still warming up: while the weights are random, large steps would throw them about, so "
    "the first steps are small."
)

EXPLAIN_RISES = "It rises now: large steps explore, and find broad valleys of the loss."

EXPLAIN_FALLS = (
    "It falls now: smaller and smaller steps settle into the valley that was found, and the loss "
    "falls with them."
)

EXPLAIN_CONSTANT = (
    "It stays as it is; where the loss stalls, a lower rate often brings it down once more."
)


def explain_drop(factor: str, epoch: int) -> str:
    return (
        f"At epoch {epoch} it was multiplied by {factor}: the steps became smaller, and the loss "
        "bends down there."
    )


def explain_plateau(factor: str) -> str:
    return f"Validation stopped improving, so it was lowered to {factor} of the plan."


def explain_steered(factor: str) -> str:
    return f"You have multiplied the plan by {factor}."
