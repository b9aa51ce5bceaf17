"""What tells overfitting from chance, from an early training, and from an unstable validation."""

from __future__ import annotations

import math

from engine.numbers import number, percent
from engine.protocol.events import EpochEnded, MaybeMeasured
from engine.run.history import History

# A change below this share of a loss is none; a rise that is called overfitting is twice as large.
MOVES = 0.02
# Overfitting needs this many epochs without a lower validation loss.
EPOCHS = 3
# A gap between the accuracies in training and validation that goes with overfitting.
GAP = 0.02
# What differs by this many standard deviations is no chance.
CHANCE = 3
# A training loss below this share of a guess's has clearly learned.
LEARNED = 0.7
# An unstable validation has a loss this many times its lowest and the training's, and this many
# times that of a guess.
EXPLODES, ABOVE_GUESS = 2.0, 1.5


def guessed_loss(history: History) -> float:
    """The loss of a network that has learned nothing, in training with cross-entropy.

    Nobody knows what the loss of another program is: there, it is the first one that it told, and
    NaN for a loss that may be negative.
    """
    if history.watched is None:
        return math.log(max(2, len(history.classes)))
    told = (history.first_loss, *(epoch.train_loss for epoch in history.epochs[:1]))
    first = next((value for loss in told if math.isfinite(value := number(loss))), math.nan)
    return first if first > 0 else math.nan


def chance_margin(guess: float, images: int) -> float:
    """An accuracy on so many images that is farther than this from a guess is no chance."""
    return CHANCE * math.sqrt(guess * (1 - guess) / max(1, images))


def is_known(value: MaybeMeasured) -> bool:
    return math.isfinite(number(value))


def below_a_guess(loss: MaybeMeasured, history: History) -> bool:
    return number(loss) < (1 - MOVES) * guessed_loss(history)


def has_learned(epoch: EpochEnded, history: History) -> bool:
    return number(epoch.train_loss) < LEARNED * guessed_loss(history)


def gap(epoch: EpochEnded) -> float:
    """The gap between the accuracies in points, from the numbers as they are written."""
    train, validation = number(epoch.train_top1), number(epoch.top1)
    return float(percent(train)) - float(percent(validation))


def gap_is_no_chance(epoch: EpochEnded, history: History) -> bool:
    """Whether training is more accurate than validation by more than so few images explain."""
    run, points = history.run, gap(epoch)
    if run is None or not points > 0:
        return False
    mean = (number(epoch.train_top1) + number(epoch.top1)) / 2
    rest = 1 / max(1, run.train_images) + 1 / max(1, run.validation_images)
    return points / 100 > CHANCE * math.sqrt(max(0.0, mean * (1 - mean)) * rest)


def overfits_since(history: History) -> EpochEnded | None:
    """The epoch with the lowest validation loss, where the network has overfitted since."""
    last = _last(history)
    if last is None or not has_learned(last, history) or not gap_is_no_chance(last, history):
        return None
    if not (number(last.loss) > number(last.train_loss) and gap(last) >= 100 * GAP):
        return None
    best = _lowest(history)
    return best if _rises(last, best) else None


def unstable_since(history: History) -> EpochEnded | None:
    """The epoch with the lowest validation loss, where that loss has exploded since.

    None where the network overfits, or the training loss has exploded as well.
    """
    last = _last(history)
    if last is None:
        return None
    floor = max(EXPLODES * number(last.train_loss), ABOVE_GUESS * guessed_loss(history))
    if not number(last.loss) > floor:
        return None
    best = _lowest(history)
    explodes = number(last.loss) > EXPLODES * number(best.loss)
    return best if explodes and overfits_since(history) is None else None


def _rises(last: EpochEnded, best: EpochEnded) -> bool:
    late = last.epoch - best.epoch >= EPOCHS
    return late and number(last.loss) > number(best.loss) * (1 + 2 * MOVES)


def _last(history: History) -> EpochEnded | None:
    """The last epoch, if its losses are known."""
    last = history.epochs[-1] if history.epochs else None
    return last if last is not None and is_known(last.loss) and is_known(last.train_loss) else None


def _lowest(history: History) -> EpochEnded:
    """The epoch with the lowest validation loss, which at least one has."""
    known = [epoch for epoch in history.epochs if is_known(epoch.loss)]
    return min(known, key=lambda epoch: number(epoch.loss))
