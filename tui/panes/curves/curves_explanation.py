"""Sentences that explain the curves of loss and accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import UNSET

from engine.numbers import number, percent, share, significant
from engine.protocol.events import EpochEnded, Steps
from engine.run.history import History
from engine.text import harmless
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
    watched = history.watched
    if watched is not None:
        yield curves_text.explain_loss_of(harmless(watched.program))
    elif history.steps is None:
        yield curves_text.EXPLAIN_LOSS
    else:
        guess = overfitting.guessed_loss(history)
        yield curves_text.explain_loss(len(history.classes), significant(guess))
    if history.steps is not None:
        yield from _loss_now(history, history.steps)


def _loss_now(history: History, steps: Steps) -> Iterator[str]:
    if steps.loss is None:
        yield curves_text.explain_not_a_number(recipe=history.watched is None)
    elif not history.epochs:
        if steps.loss is not UNSET:
            yield curves_text.explain_loss_now(significant(steps.loss))
    elif None in (history.epochs[-1].train_loss, history.epochs[-1].loss):
        yield curves_text.EXPLAIN_EPOCH_NOT_A_NUMBER
    else:
        if UNSET not in (history.epochs[-1].train_loss, history.epochs[-1].loss):
            yield _gap(history.epochs[-1], history)
        if history.epochs[-1].loss is not UNSET:
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
    if not learns and history.watched is not None:
        return curves_text.explain_loss_close(*shown)
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
        train = number(epochs[-1].train_loss)
        if math.isnan(train):
            return curves_text.explain_loss_has_risen(best_epoch)
        return curves_text.explain_loss_rose(best_epoch, above=now > train)
    if now > before * (1 + MOVES):
        return curves_text.explain_loss_up(*shown)
    return curves_text.explain_loss_flat(last - first)


def of_accuracy(history: History) -> Iterator[str]:
    """The meaning of accuracy, the gap between training and validation, and the best epoch."""
    classes = len(history.classes)
    yield curves_text.EXPLAIN_ACCURACY
    if classes:
        yield curves_text.explain_guess(classes, percent(1 / classes))
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
        learns = history.watched is not None or overfitting.below_a_guess(last.train_loss, history)
        yield curves_text.explain_accuracy_together(*shown, learns=learns)
    best, saved = history.best, history.watched is None
    if best is not None and best.epoch < last.epoch:
        yield curves_text.explain_best_before(percent(best.top1), best.epoch, saved=saved)
    elif best is not None:
        yield curves_text.explain_best_now(saved=saved)
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
