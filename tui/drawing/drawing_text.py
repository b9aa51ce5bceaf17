"""Words of the rows that this room draws."""

from __future__ import annotations

from collections.abc import Mapping

from engine.numbers import share


def stages_at(size: int, *, exact: bool) -> str:
    """`Stages at 128×128 (≈)`: the outputs are estimates unless they are `exact`."""
    return f"Stages at {size}×{size}{'' if exact else ' (≈)'}"


NOW = "now"

LAST = "last"

NEXT = "next"

NEXT_EPOCH = "next epoch"

END = "end"


def peak_at(rate: str, place: str) -> str:
    return f"peak {rate} @{place}"


def last(seconds: int) -> str:
    """The span of the newest steps: last 60 s, last 5 min, last 2 h."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"last {seconds // unit} {name}"
    return f"last {seconds} s"


# The state of a log that grew a moment ago.
LOG_GROWS = "live"

TRAIN = "train"

LAST_STEPS = "last steps"

VALIDATION = "val"

GAP = "gap"

BEST = "best"

TEST = "test"

TOP5 = "top-5"

INIT = "init"

SMOOTH = "smooth"

LOG_SCALE = "log"

NO_CURVE = "the first steps begin the curve, each epoch adds a mark: o"

NO_CURVE_SHORT = "the first steps start the curve"


def at_step(epoch: str, step: int) -> str:
    return f"epoch {epoch}, step {step:,}"


NO_RATE = "the schedule comes with the start of the run"

PLANNED = "dim = planned"

PLATEAU = "plateau"

IS_PLANNED = "planned"


def after_warmup(schedule: str, epochs: float) -> str:
    return f"{schedule} after warm-up {epochs:g}"


NO_LOG = "epochs, checkpoints and alerts appear here"

NONE_MATCHES = "nothing in the log fits the filter"

STEERED = "steered"

STARTED = "started"

RESUMED = "resumed"

CHECKPOINT_REASONS: Mapping[str, str] = {
    "epoch": "after the epoch",
    "best": "best so far",
    "interval": "in between",
    "command": "by you",
    "signal": "by a signal",
    "stop": "at the stop",
}


def log_started(arch: str, data: str, recipe: str, device: str) -> str:
    return f"{arch} on {data}, recipe {recipe}, {device}"


def log_epoch(epoch: int) -> str:
    return f"epoch {epoch:>3}"


def log_losses(train: str, validation: str) -> str:
    return f"loss {train} / {validation}"


def log_accuracies(train: str, validation: str) -> str:
    return f"acc {train} / {validation}"


def log_best(top1: str, epoch: int, file: str) -> str:
    return f"{top1} % at epoch {epoch} → {file}"


def log_checkpoint(reason: str, step: int, file: str) -> str:
    return f"{reason}, step {step:,} → {file}"


def log_resumed(epoch: int, step: int) -> str:
    return f"in epoch {epoch}, from step {step:,}"


def log_steered(step: int, lr: str, factor: str, epochs: int) -> str:
    """`factor` is 1 where the rate is the planned one, and empty where it was asked for.

    `epochs` is 0 where nobody knows the total.
    """
    total = f"{epochs} epochs, " if epochs else ""
    plan = f"the plan × {factor}, " if factor else "the plan falls from it, "
    return f"lr {lr}, {total}{plan if factor != '1' else ''}from step {step:,}"


def log_ended(best: str, epoch: int) -> str:
    return f"{best} % at epoch {epoch}"


def log_tested(test: str) -> str:
    return f", {test} % on the test images"


PHASES: Mapping[str, str] = {
    "queued": "queued",
    "starting": "starting",
    "downloading": "downloading",
    "loading": "loading",
    "compiling": "compiling",
    "training": "training",
    "evaluating": "evaluating",
    "saving": "saving",
    "pausing": "pausing",
    "paused": "paused",
}

TESTING = "testing"


def reading(percent: str) -> str:
    """The state of a run while a part of its journal is not read yet."""
    return f"reading {percent} %"


def run(number: str) -> str:
    return f"run {number}"


def batch(size: int, parts: int) -> str:
    return f"batch {size} in {parts} parts" if parts > 1 else f"batch {size}"


def epoch_of(epoch: int, planned: int | None) -> str:
    return f"epoch {epoch}" if planned is None else f"epoch {epoch}/{planned}"


def step_of(step: int, planned: int | None) -> str:
    return f"step {step:,}" if planned is None else f"step {step:,}/{planned:,}"


def seed(number: int) -> str:
    return f"seed {number}"


def git(commit: str) -> str:
    return f"git {commit}"


def speed(count: str) -> str:
    return f"{count} img/s"


def time_left_at(time: str, at: str) -> str:
    return f"{time} left, at {at}"


READY = "ready"


def to_download(size: str) -> str:
    return f"↓ {size}"


NAME = "name"

YEAR = "year"

DEPTH = "depth"

MACS = "MAC"

FAMILY = "family"

TOP5_ERROR = "top-5 err"

TOP1 = "top-1"

BY_YEAR = "year"

BY_DEPTH = "depth"

BY_PARAMETERS = "parameters"

BY_MACS = "MAC"

BY_TOP1 = "top-1"


def counts(parameters: str, macs: str, images: str) -> str:
    return f"{parameters} parameters   {macs} MAC   for images of {images}"


def on_imagenet(top5_error: float | None, top1: float | None) -> str:
    """The results of an architecture that are known; empty if none is."""
    error = [] if top5_error is None else [f"top-5 error {share(top5_error)} (paper)"]
    accuracy = [] if top1 is None else [f"top-1 accuracy {share(top1)}"]
    return "   ".join(["ImageNet:", *error, *accuracy]) if error or accuracy else ""


def best_loss(loss: str, epoch: int) -> str:
    return f"◆ loss {loss} @{epoch}"
