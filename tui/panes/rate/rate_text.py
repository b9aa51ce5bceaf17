"""Words of the learning-rate pane."""

from __future__ import annotations

RATE_TITLE = "Learning rate"

GO_TO_RATE = "Go to the learning rate"

# What `e` says

EXPLAIN_RATE = "The learning rate is how far a step moves the weights against the gradient."

EXPLAIN_NO_PLAN = "Its schedule comes with the start of the run."


def explain_set_by(program: str, rate: str, *, over: bool) -> str:
    now = f"Its last value was {rate}" if over else f"It is {rate} now"
    return f"{now}, as {program} set it."


def explain_warmup(now: str, then: str) -> str:
    return (
        f"It is still warming up, from {now} now to {then} at the next epoch: while the weights "
        "are random, large steps would throw them about."
    )


def explain_rises(now: str, then: str) -> str:
    return (
        f"It rises, from {now} now to {then} at the next epoch: large steps explore, and find "
        "broad valleys of the loss."
    )


def explain_falls(now: str, then: str) -> str:
    return (
        f"It falls, from {now} now to {then} at the next epoch: smaller steps settle into the "
        "valley that was found, and the loss falls with them."
    )


def explain_stays(now: str) -> str:
    return (
        f"It stays at {now} into the next epoch; where the loss stalls, a lower rate often brings "
        "it down once more."
    )


def explain_last(now: str) -> str:
    return f"It is {now} in this last epoch of the plan."


def explain_over(last: str) -> str:
    return f"Its last value was {last}."


def explain_peak(rate: str) -> str:
    return f"The highest value of the run was {rate}."


def explain_change(epoch: int, before: str, after: str) -> str:
    return f"In epoch {epoch} it changed from {before} to {after}; the loss often bends there."


def explain_plateau(factor: str) -> str:
    return f"Validation stopped improving, so it was lowered to {factor} of the plan."


def explain_asked(rate: str, epoch: int) -> str:
    return f"In epoch {epoch} you asked for {rate}: the schedule goes on from there."


def explain_factor(factor: str) -> str:
    return f"You have multiplied the plan by {factor}."
