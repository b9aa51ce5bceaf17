"""Words of the verdict line, and the reasons that `e` gives."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text import harmless
from tui.shared_text import GoOn

# What a run of the engine keeps of its best epoch.
KEPT = "; best.pt keeps the best epoch"
FIRST_EPOCH = "first epoch: the validation comes at its end"
FIRST_EPOCH_REASON = "Until an epoch ends, only the training loss tells how it goes."

BROKEN = "the loss is not a number: stop, and start again with a lower rate"
BROKEN_SHORT = "the loss is not a number"
BROKEN_REASON = "A step was so large that the weights overflowed; no later step repairs them."


def failed(go_on: GoOn | None) -> str:
    return f"failed; {go_on}" if go_on is not None else "failed: see the log"


def failed_reason(error: str) -> str:
    return harmless(error) or "The engine ended without saying why; its engine.log may tell."


def stopped(epoch: int, planned: int | None, go_on: GoOn | None) -> str:
    """`epoch` is 0 where the run stopped before it had begun."""
    of = f" of {planned}" if planned else ""
    where = f" in epoch {epoch}{of}" if epoch else " before the first epoch"
    return f"stopped{where}" + (f"; {go_on}" if go_on is not None else "")


QUEUED_REASON = "`cnn-tui queue` lists what waits for the same devices, and changes the order."
STOPPED_REASON = "A command or a signal stopped the run before its planned end."


def broken_validation(epoch: int) -> str:
    return f"the validation loss was not a number in epoch {epoch}"


BROKEN_VALIDATION_REASON = "The weights of that epoch are of no use"


def ending(alert: str) -> tuple[str, str, str]:
    """The long form, the short one and the reason, from the sentence of the alert."""
    what, _, why = harmless(alert).partition(": ")
    long = f"{what}: remove it"
    return long, long.removeprefix("the network "), why[:1].upper() + why[1:]


def worse_than_guess(top1: str, guess: str, *, over: bool) -> str:
    return f"validation {'was' if over else 'is'} worse than a guess: {top1}, a guess has {guess}"


def worse_short(top1: str) -> str:
    return f"val worse than a guess: {top1}"


def worse_reason(classes: int) -> str:
    return (
        f"A guess among {classes} classes is right more often. Check the labels, and whether "
        "training and validation images are prepared alike."
    )


def no_learning(loss: str, guess: str, *, over: bool) -> str:
    verb = "did not learn" if over else "does not learn"
    return f"{verb}: train loss {loss}, a guess has {guess}"


def no_learning_reason(epochs: int) -> str:
    return (
        f"After {epochs} epochs the training loss is still that of a guess. Another learning "
        "rate, mostly a lower one, or another initialisation may help."
    )


def overfits(epoch: int, train: str, val: str, last: int, *, over: bool) -> str:
    verb = "overfitted" if over else "overfits"
    return f"{verb} since epoch {epoch} (val loss): train {train}, val {val} @{last}"


def overfits_reason(lowest: str, epoch: int, now: str, train: str) -> str:
    return (
        f"The validation loss was lowest in epoch {epoch} ({lowest}) and is {now} in the last "
        f"one, while the training loss is {train}: the network learns its images by heart. "
        "Augmentation, weight decay or more data help"
    )


def unstable(now: str, lowest: str, epoch: int, *, over: bool) -> str:
    verb = "was" if over else "is"
    return f"validation {verb} unstable: loss {now}, lowest {lowest} in epoch {epoch}"


def unstable_short(now: str) -> str:
    return f"val unstable: loss {now}"


def unstable_reason(now: str, train: str) -> str:
    return (
        f"The validation loss is {now}, while the training loss is only {train}: the weights, or "
        "the statistics of batch norm, change too fast. A lower learning rate, more steps an "
        "epoch, or a larger batch for batch norm help"
    )


def gap(points: str, train: str, val: str) -> str:
    return f"gap of {points} points: train {train}, val {val}"


GAP_REASON = (
    "The network knows its training images far better than new ones. If the gap grows, "
    "augmentation, weight decay or more data make it smaller."
)


def gets_worse(now: str, before: str, epoch: int, *, over: bool) -> str:
    verb = "training got worse" if over else "training gets worse"
    return f"{verb}: loss {now}, was {before} in epoch {epoch}"


GETS_WORSE_REASON = "Mostly the learning rate is too high: a lower one (s), a warm-up or clip help."


def learns_best(top1: str, *, over: bool) -> str:
    tail = "best in the last epoch" if over else "best so far"
    return f"{'learned' if over else 'learns'}: val {top1}, {tail}"


def learns(top1: str, epoch: int, *, over: bool) -> str:
    return f"{'learned' if over else 'learns'}: best val {top1} in epoch {epoch}"


def learns_short(top1: str, epoch: int) -> str:
    return f"best val {top1} @{epoch}"


LEARNS_REASON = "The best accuracy on new images so far; of the training loss nothing is known."


def learns_reason(first: str, last: str) -> str:
    return (
        f"The training loss has fallen from {first} in the first epoch to {last} in the last one."
    )


def loss_lowest(loss: str, *, over: bool) -> str:
    return f"val loss {loss}, the lowest {'of all' if over else 'so far'}"


def loss_was_lower(loss: str, lowest: str, epoch: int) -> str:
    return f"val loss {loss}; the lowest was {lowest} in epoch {epoch}"


LOSS_REASON = "This program tells no accuracy, so the loss on new images says how it goes."


def loss_now(loss: str, first: str) -> str:
    return f"loss {loss}, began at {first}"


LOSS_NOW_REASON = "Only the loss in training is known, which says nothing about new images."


def may_be_chance(top1: str, guess: str) -> str:
    return f"val {top1} may be chance: a guess has {guess}"


def may_be_chance_reason(images: int) -> str:
    return (
        f"The training loss falls, but a guess can reach this accuracy on {images:,} validation "
        "images by luck."
    )


def stands_still(epochs: int, top1: str, epoch: int) -> tuple[str, str]:
    """The long form and the short one."""
    words = f"val no better for {epochs} epochs"
    return f"{words}: best {top1} in epoch {epoch}", words


STANDS_STILL_REASON = "A lower learning rate often helps; patience would end such a run by itself."


def tested(top1: str) -> str:
    return f"test {top1}"


def tested_calibrated(top1: str, error: str) -> str:
    return f"test {top1} (ECE {error})"


def validated_calibrated(error: str) -> str:
    return f"val ECE {error}"


def validated_reason(top1: str) -> str:
    return (
        f"`cnn-tui test` judged the validation images again: {top1}. The ECE (expected calibration "
        "error) is how far the probabilities are from how often they are right."
    )


def tested_on(data: str, top1: str, error: str) -> str:
    return f"tested on {data}: {top1} (ECE {error})"


def tested_on_short(data: str, top1: str) -> str:
    return f"on {data}: {top1}"


def tested_on_reason(
    file: str, epoch: int, images: str, balanced: str, loss: str, error: str
) -> str:
    return (
        f"`cnn-tui test` had {file} of epoch {epoch} judge {images} images of another data set: "
        f"balanced {balanced}, loss {loss}. The ECE, {error}, is how far its probabilities are "
        "from how often they are right."
    )


def older_tests(results: Iterable[str]) -> str:
    return f"Tests before: {', '.join(results)}."


TESTED_REASON = "The best weights were tried once on the test images, which chose nothing."


def healthy(layers: int) -> str:
    return f"{layers} of {layers} layers healthy"


HEALTHY_REASON = "No gradient vanishes or explodes, and no layer has many dead units."


def unhealthy(bad: int, layers: int, name: str, problem: str) -> str:
    return f"{bad} of {layers} layers unhealthy: {name} is {problem}"


def unhealthy_short(bad: int, layers: int) -> str:
    return f"{bad} of {layers} layers unhealthy"


UNHEALTHY_REASON = "The layers pane shows which, and its e says what helps."


def shared(share: str) -> str:
    return f"CPU shared: others take {share}"


def shared_reason(share: str) -> str:
    return (
        f"No core is free, and other programs take {share} of them: without them the run would "
        "be faster."
    )


def waits(percent: str) -> str:
    return f"waits for images {percent} % of the time"


WAITS_REASON = "The machine pane shows it; more workers or lighter augmentation help."
