"""Sentences that explain the curves of loss and accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engine.numbers import number, percent, share, significant
from engine.protocol.events import EpochEnded
from engine.run.history import History
from tui.panes.curves import curves_text, overfitting
from tui.panes.curves.overfitting import MOVES

# A trend is measured over this many epochs.
EPOCHS = 3
# A smaller gap between training and validation is not mentioned: as a share of the loss, and as a
# difference of accuracies in points.
LOSS_GAP = 0.25
ACCURACY_GAP = 3.0


def of_loss(history: History) -> Iterator[str]:
    """The meaning of the loss, the gap between training and validation, and the trend."""
    if history.steps is None:
        yield curves_text.EXPLAIN_LOSS
        return
    guess = overfitting.guessed_loss(history)
    yield curves_text.explain_loss(len(history.classes), significant(guess))
    if history.steps.loss is None:
        yield curves_text.EXPLAIN_NOT_A_NUMBER
    elif not history.epochs:
        yield curves_text.explain_loss_now(significant(history.steps.loss))
    elif None in (history.epochs[-1].train_loss, history.epochs[-1].loss):
        yield curves_text.EXPLAIN_EPOCH_NOT_A_NUMBER
    else:
        yield _gap(history.epochs[-1], history)
        yield _trend(history)


def _gap(last: EpochEnded, history: History) -> str:
    train, validation = number(last.train_loss), number(last.loss)
    shown = significant(train), significant(validation)
    if validation > train * (1 + LOSS_GAP):
        if overfitting.unstable_since(history) is not None:
            return curves_text.explain_loss_unstable(*shown)
        if not overfitting.has_learned(last, history):
            return curves_text.explain_loss_above_early(*shown)
        return curves_text.explain_loss_above(*shown)
    if validation < train * (1 - LOSS_GAP):
        return curves_text.explain_loss_below(*shown)
    learns = overfitting.below_a_guess(last.train_loss, history)
    return curves_text.explain_loss_together(*shown, learns=learns)


def _trend(history: History) -> str:
    epochs = history.epochs
    known = [(number(e.loss), e.epoch) for e in epochs if math.isfinite(number(e.loss))]
    if len(known) <= EPOCHS:
        return curves_text.EXPLAIN_EARLY
    (now, last), (before, first), (best, best_epoch) = known[-1], known[-1 - EPOCHS], min(known)
    shown = significant(before), significant(now), last - first
    if now < before * (1 - MOVES):
        return curves_text.explain_loss_falls(*shown)
    if last - best_epoch >= EPOCHS and now > best * (1 + 2 * MOVES):
        if overfitting.overfits_since(history) is not None:
            return curves_text.explain_loss_rises(best_epoch)
        above = now > number(epochs[-1].train_loss)
        return curves_text.explain_loss_rose(best_epoch, above=above)
    if now > before * (1 + MOVES):
        return curves_text.explain_loss_up(*shown)
    return curves_text.explain_loss_flat(last - first)


def of_accuracy(history: History) -> Iterator[str]:
    """The meaning of accuracy, the gap between training and validation, and the best epoch."""
    classes = max(1, len(history.classes))
    yield curves_text.explain_accuracy(classes, percent(1 / classes))
    if not history.epochs:
        yield curves_text.EXPLAIN_FIRST_EPOCH
        return
    last = history.epochs[-1]
    shown = percent(last.train_top1), percent(last.top1)
    gap = overfitting.gap(last)
    if gap > ACCURACY_GAP:
        yield _accuracy_gap(last, history)
    elif gap < -ACCURACY_GAP:
        yield curves_text.explain_accuracy_below(*shown)
    elif math.isfinite(gap):
        learns = overfitting.below_a_guess(last.train_loss, history)
        yield curves_text.explain_accuracy_together(*shown, learns=learns)
    best = history.best
    if best is not None and best.epoch < last.epoch:
        yield curves_text.explain_best_before(percent(best.top1), best.epoch)
    elif best is not None:
        yield curves_text.EXPLAIN_BEST_NOW
    if history.test_top1 is not None:
        yield curves_text.explain_test(share(history.test_top1))


def _accuracy_gap(last: EpochEnded, history: History) -> str:
    """How far training is above validation, and what that means."""
    shown = percent(last.train_top1), percent(last.top1)
    if overfitting.unstable_since(history) is not None:
        return curves_text.explain_accuracy_unstable(*shown)
    if not overfitting.gap_is_no_chance(last, history):
        return curves_text.explain_accuracy_chance(*shown)
    if not overfitting.has_learned(last, history):
        return curves_text.explain_accuracy_early(*shown)
    return curves_text.explain_accuracy_gap(*shown, f"{overfitting.gap(last):.1f}")
