"""What the numbers of a run mean, in words: rules over its history, each with a reason.

A rule is a function from a history to a verdict, or to None where it has nothing to say. The line
of the dashboard shows the most important verdicts that fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import UNSET

from engine import numbers
from engine.numbers import number, percent, share, significant
from engine.protocol.events import EpochEnded
from engine.recipes.fair_trial import had_fair_trial
from engine.run.history import History
from engine.run.kept_tests import DataTest
from engine.run.layer_diagnosis import Diagnosis, worst
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span
from tui.panes.curves.overfitting import (
    MOVES,
    below_a_guess,
    chance_margin,
    gap,
    gap_is_no_chance,
    guessed_loss,
    is_known,
    overfits_since,
    unstable_since,
)
from tui.panes.machine.machine_rows import bounds
from tui.panes.machine.other_programs import about, taken_by_others
from tui.screens import verdict_text
from tui.screens.tested_verdicts import tested_verdicts
from tui.screens.verdict import Level, Verdict
from tui.shared_text import GoOn

# The line is at most this long, and a name in it at most this wide.
LONGEST, NAME = 100, 16
# After this many epochs, and a fair trial, a network should have learned something.
LEARN_EPOCHS = 3
# Standing still needs this many epochs without a better one.
STILL_EPOCHS = 5
# A gap between the accuracies in training and validation that is mentioned in any case.
WIDE_GAP = 0.2
# A training loss that is this many times its lowest one gets worse.
WORSE = 1.5
# It does harm where the accuracy in training falls by more than this.
HARM = WIDE_GAP / 4

SIGNS: dict[Level, tuple[str, Ink]] = {
    "error": ("✗", "error"),
    "warning": ("!", "warning"),
    "good": ("✓", "good"),
    "note": ("·", "plain"),
}


Rule: TypeAlias = Callable[[History], Verdict | None]


def verdicts(
    history: History, go_on: GoOn | None = None, tests: Sequence[DataTest] = ()
) -> list[Verdict]:
    """All verdicts, the most important first; `go_on` is how a run that has ended goes on.

    `tests` are the results that the run keeps, the newest first. There are no verdicts while the
    journal of the run is being read: a part of it may say something else.
    """
    if history.read_share < 1.0:
        return []
    ended = _ended(history, go_on)
    return [*([ended] if ended else []), *judgements(history, tests)]


def judgements(history: History, tests: Sequence[DataTest] = ()) -> list[Verdict]:
    """The verdicts on the numbers of a run, whose whole journal was read, the worst first."""
    found: dict[Rule, Verdict] = {}
    for rule in RULES:
        if found.keys().isdisjoint(UNLESS.get(rule, ())) and (verdict := rule(history)) is not None:
            found[rule] = verdict
    last = [verdict for rule in LAST_RULES if (verdict := rule(history)) is not None]
    order = [*SIGNS]
    every = [*found.values(), *tested_verdicts(history, tests), *last]
    return sorted(every, key=lambda one: order.index(one.level))


def verdict_row(found: Iterable[Verdict], width: int) -> Row:
    """The verdicts that fit into one row, the most important first, which may be shortened."""
    known, room = [*found], min(LONGEST, width - 2)
    said = fitting(known, width)
    if known and not said:
        return cells.fit((Span(" "), *cells.shortened((_said(known[0]),), room)), width)
    spans = [part for one in said for part in (Span("   "), _said(one))]
    return cells.fit((Span(" "), *spans[1:]), width)


def fitting(found: Iterable[Verdict], width: int) -> list[Verdict]:
    """The verdicts that a row of this width holds, as it writes them."""
    room, kept = min(LONGEST, width - 2), list[Verdict]()
    for one in found:
        forms = [one, one._replace(text=one.short)] if one.short else [one]
        for form in forms:
            size = cells.width([_said(form)]) + 3 * bool(kept)
            if size <= room:
                kept.append(form)
                room -= size
                break
        if not kept:
            break  # nothing less important stands alone
    return kept


def _said(one: Verdict) -> Span:
    sign, ink = SIGNS[one.level]
    return Span(f"{sign} {one.text}", ink)


def _ended(history: History, go_on: GoOn | None) -> Verdict | None:
    ended = history.ended
    if ended is None or ended.reason == "done":
        return None
    if ended.reason == "failed":
        reason = verdict_text.failed_reason(ended.error)
        return Verdict("error", verdict_text.failed(go_on), reason)
    epoch = history.epoch if history.run is not None else 0
    text = verdict_text.stopped(epoch, history.epochs_planned, go_on)
    return Verdict("note", text, verdict_text.STOPPED_REASON)


def _broken(history: History) -> Verdict | None:
    if history.steps is not None and history.steps.loss is None:
        return Verdict(
            "error", verdict_text.BROKEN, verdict_text.BROKEN_REASON, verdict_text.BROKEN_SHORT
        )
    last = _last(history)
    if last is None or last.loss is not None:
        return None
    text = verdict_text.broken_validation(last.epoch)
    return Verdict("error", text, _with_best(verdict_text.BROKEN_VALIDATION_REASON, history))


def _with_best(reason: str, history: History) -> str:
    """The reason, and where the best weights are if the run keeps them."""
    return f"{reason}{verdict_text.KEPT if history.watched is None else ''}."


def _ending(history: History) -> Verdict | None:
    """An activation function stands after the logits."""
    if history.ending is None:
        return None
    text, short, reason = verdict_text.ending(history.ending.text)
    return Verdict("warning", text, reason, short)


def _worse_than_guess(history: History) -> Verdict | None:
    """The validation is below a guess by more than chance, although the training has learned."""
    last, classes = _last(history), len(history.classes)
    if last is None or history.run is None or classes < 2:
        return None
    guess = 1 / classes
    margin = chance_margin(guess, history.run.validation_images)
    if not number(last.top1) < guess - margin or not below_a_guess(last.train_loss, history):
        return None
    text = verdict_text.worse_than_guess(
        share(last.top1), share(guess), over=history.ended is not None
    )
    reason = verdict_text.worse_reason(classes)
    return Verdict("warning", text, reason, verdict_text.worse_short(share(last.top1)))


def _no_learning(history: History) -> Verdict | None:
    """After a fair trial, the training loss is that of a guess, and was never lower."""
    last, plan = _last(history), history.plan
    if last is None or not is_known(last.train_loss) or below_a_guess(last.train_loss, history):
        return None
    known = [number(e.train_loss) for e in history.epochs if is_known(e.train_loss)]
    if len(known) < LEARN_EPOCHS:
        return None
    tried = plan is not None and had_fair_trial(plan, last.step)
    if not tried or below_a_guess(min(known), history):
        return None
    over = history.ended is not None
    guess = significant(guessed_loss(history))
    text = verdict_text.no_learning(significant(known[-1]), guess, over=over)
    return Verdict("warning", text, verdict_text.no_learning_reason(last.epoch))


def _overfits(history: History) -> Verdict | None:
    last, best = _last(history), overfits_since(history)
    if last is None or best is None:
        return None
    train_top1, top1, over = percent(last.train_top1), share(last.top1), history.ended is not None
    text = verdict_text.overfits(best.epoch, train_top1, top1, last.epoch, over=over)
    reason = verdict_text.overfits_reason(
        significant(best.loss), best.epoch, significant(last.loss), significant(last.train_loss)
    )
    return Verdict("warning", text, _with_best(reason, history))


def _unstable(history: History) -> Verdict | None:
    last, best = _last(history), unstable_since(history)
    if last is None or best is None:
        return None
    now, lowest = significant(last.loss), significant(best.loss)
    over = history.ended is not None
    text = verdict_text.unstable(now, lowest, best.epoch, over=over)
    reason = _with_best(verdict_text.unstable_reason(now, significant(last.train_loss)), history)
    return Verdict("warning", text, reason, verdict_text.unstable_short(now))


def _wide_gap(history: History) -> Verdict | None:
    last = _last(history)
    if last is None or not gap(last) >= 100 * WIDE_GAP or not gap_is_no_chance(last, history):
        return None
    train, val = percent(last.train_top1), share(last.top1)
    text = verdict_text.gap(f"{gap(last):.1f}", train, val)
    return Verdict("warning", text, verdict_text.GAP_REASON)


def _gets_worse(history: History) -> Verdict | None:
    now = _last(history)
    if now is None or not is_known(now.train_loss) or number(now.train_top1) >= 1 - HARM:
        return None
    known = [e for e in history.epochs if is_known(e.train_loss)]
    best = min(known, key=lambda e: number(e.train_loss))
    if number(now.train_loss) <= WORSE * number(best.train_loss) or best is now:
        return None
    text = verdict_text.gets_worse(
        significant(now.train_loss),
        significant(best.train_loss),
        best.epoch,
        over=history.ended is not None,
    )
    # A loss near zero rises by much without any harm.
    harm = number(now.train_top1) < number(best.train_top1) - HARM
    return Verdict("warning", text, verdict_text.GETS_WORSE_REASON) if harm else None


def _learns(history: History) -> Verdict | None:
    last, best, over = _last(history), history.best, history.ended is not None
    if last is None:
        begun = history.steps is not None and not over and history.watched is None
        text, reason = verdict_text.FIRST_EPOCH, verdict_text.FIRST_EPOCH_REASON
        return Verdict("note", text, reason) if begun else None
    first, told = number(history.epochs[0].train_loss), last.train_loss is not UNSET
    fell = not told or number(last.train_loss) < (1 - MOVES) * first
    if best is None or best.top1 is None or best.top1 is UNSET or not fell:
        return None
    if (chance := _may_be_chance(best.top1, history)) is not None:
        return chance
    top1 = share(best.top1)
    reason = verdict_text.learns_reason(significant(first), significant(last.train_loss))
    if not told:
        reason = verdict_text.LEARNS_REASON
    short = verdict_text.learns_short(top1, best.epoch)
    if best.epoch == last.epoch:
        return Verdict("good", verdict_text.learns_best(top1, over=over), reason, short)
    still = last.epoch - best.epoch
    if still >= STILL_EPOCHS and not over:
        text, short = verdict_text.stands_still(still, top1, best.epoch)
        return Verdict("note", text, verdict_text.STANDS_STILL_REASON, short)
    return Verdict("good", verdict_text.learns(top1, best.epoch, over=over), reason, short)


def _loss_alone(history: History) -> Verdict | None:
    """How the loss goes, in a training without an accuracy."""
    steps, over = history.steps, history.ended is not None
    if history.has_top1 or steps is None:
        return None
    known = [(number(e.loss), e.epoch) for e in history.epochs if is_known(e.loss)]
    if known:
        (loss, epoch), (lowest, lowest_epoch) = known[-1], min(known)
        text = verdict_text.loss_lowest(significant(loss), over=over)
        if lowest_epoch != epoch:
            text = verdict_text.loss_was_lower(significant(loss), significant(lowest), lowest_epoch)
        return Verdict("note", text, verdict_text.LOSS_REASON)
    if not (is_known(history.first_loss) and is_known(steps.loss)):
        return None
    text = verdict_text.loss_now(significant(steps.loss), significant(history.first_loss))
    return Verdict("note", text, verdict_text.LOSS_NOW_REASON)


def _may_be_chance(top1: float, history: History) -> Verdict | None:
    """A validation accuracy that a guess may have reached on so few images."""
    guess, run = 1 / max(1, len(history.classes)), history.run
    if run is None or top1 > guess + chance_margin(guess, run.validation_images):
        return None
    if history.watched is not None and (len(history.classes) < 2 or not run.validation_images):
        return None  # nobody knows what a guess would have
    text = verdict_text.may_be_chance(share(top1), share(guess))
    return Verdict("note", text, verdict_text.may_be_chance_reason(run.validation_images))


def _layers(history: History) -> Verdict | None:
    judged = [*Diagnosis(history.health).verdicts.values()]
    bad = [one for one in judged if one.problem]
    if not judged:
        return None
    if not bad:
        return Verdict("good", verdict_text.healthy(len(judged)), verdict_text.HEALTHY_REASON)
    first = worst(judged)[0]
    name = cells.text(cells.shortened((Span(shared_text.layer_named(first.health.layer)),), NAME))
    text = verdict_text.unhealthy(len(bad), len(judged), name, first.problem)
    short = verdict_text.unhealthy_short(len(bad), len(judged))
    return Verdict("warning", text, verdict_text.UNHEALTHY_REASON, short)


def _shared_cpu(history: History) -> Verdict | None:
    taken = taken_by_others(history)
    if not taken or history.steps is None:
        return None
    words = about(taken)
    return Verdict("warning", verdict_text.shared(words), verdict_text.shared_reason(words))


def _waits(history: History) -> Verdict | None:
    shares = bounds(history)
    idle = history.paused or history.ended is not None
    if not shares or shares[0][0] != shared_text.INPUT or idle:
        return None
    text = verdict_text.waits(numbers.whole(shares[0][1]))
    return Verdict("warning", text, verdict_text.WAITS_REASON)


def _queued(history: History) -> Verdict | None:
    if history.phase is None or history.phase.name != "queued":
        return None
    return Verdict("note", history.phase.note, verdict_text.QUEUED_REASON)


def _last(history: History) -> EpochEnded | None:
    return history.epochs[-1] if history.epochs else None


# Among verdicts of one level, the first is the most important.
RULES: tuple[Rule, ...] = (
    _queued,
    _broken,
    _ending,
    _overfits,
    _unstable,
    _worse_than_guess,
    _no_learning,
    _gets_worse,
    _wide_gap,
    _waits,
    _learns,
    _loss_alone,
)
# These come after what is known from tests.
LAST_RULES: tuple[Rule, ...] = (_layers, _shared_cpu)
# A rule has nothing to say where one of the others has.
UNLESS: Mapping[Rule, tuple[Rule, ...]] = {
    _worse_than_guess: (_unstable,),
    _wide_gap: (_overfits, _unstable),
    _learns: (_gets_worse,),
}
