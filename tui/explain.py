"""What a pane shows now, in two or three sentences for somebody who learns what it means."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from engine.protocol import events
from engine.protocol.events import EpochEnded, FeatureMaps, Health
from engine.recipes import schedule
from engine.run.history import History
from tui import explain_text, text
from tui.drawing import numbers
from tui.drawing.mistakes import class_name, counts
from tui.drawing.numbers import number
from tui.panes.machine.machine_rows import bounds, taken_by_others

# Over how many epochs a curve is judged, and by how much of itself it must move to be moving.
EPOCHS = 3
MOVES = 0.02
# How far validation may lie from training, as a share of the loss and in points of accuracy.
LOSS_GAP = 0.25
ACCURACY_GAP = 0.03
# Shares of dead units, and gradients beside the median, that are worth a word.
DEAD = 0.5
VANISHING = 1e-4
EXPLODING = 1e4
LARGE_UPDATE = 0.1
# A reverse mistake this much as frequent makes the two classes a pair.
MUTUAL = 0.5
OFTEN = 0.15


def explain(pane: str, history: History) -> str:
    """Sentences on the pane with this name, as far as the run has come."""
    return " ".join(_EXPLANATIONS[pane](history))


def _loss(history: History) -> Iterator[str]:
    if history.steps is None:
        yield explain_text.EXPLAIN_LOSS
        yield explain_text.EXPLAIN_WAIT_STEPS
        return
    guess = math.log(max(2, len(history.classes)))
    yield explain_text.explain_loss_guess(len(history.classes), numbers.loss(guess))
    if history.steps.loss is None:
        yield explain_text.EXPLAIN_LOSS_NAN
        return
    if not history.epochs:
        yield explain_text.explain_loss_now(numbers.loss(history.steps.loss))
        return
    yield _loss_gap(history.epochs)
    yield _loss_trend(history.epochs)


def _loss_gap(epochs: Sequence[EpochEnded]) -> str:
    train, validation = number(epochs[-1].train_loss), number(epochs[-1].loss)
    shown = numbers.loss(train), numbers.loss(validation)
    if not math.isfinite(train + validation):
        return explain_text.EXPLAIN_EPOCH_NAN
    if validation > train * (1 + LOSS_GAP):
        return explain_text.explain_loss_above(*shown)
    if validation < train * (1 - LOSS_GAP):
        return explain_text.explain_loss_below(*shown)
    return explain_text.explain_loss_together(*shown)


def _loss_trend(epochs: Sequence[EpochEnded]) -> str:
    known = [(number(e.loss), e.epoch) for e in epochs if math.isfinite(number(e.loss))]
    if len(known) <= EPOCHS:
        return explain_text.EXPLAIN_TREND_EARLY
    (now, _), (before, _), (best, best_epoch) = known[-1], known[-1 - EPOCHS], min(known)
    if now < before * (1 - MOVES):
        return explain_text.explain_loss_falls(numbers.loss(before), numbers.loss(now), EPOCHS)
    if known[-1][1] - best_epoch >= EPOCHS and now > best * (1 + 2 * MOVES):
        above = now > number(epochs[-1].train_loss)
        return (
            explain_text.explain_loss_rises(best_epoch)
            if above
            else explain_text.explain_loss_rose(best_epoch)
        )
    return explain_text.explain_loss_flat(EPOCHS)


def _accuracy(history: History) -> Iterator[str]:
    classes = max(1, len(history.classes))
    yield explain_text.explain_accuracy(classes, numbers.percent(1 / classes))
    if not history.epochs:
        yield explain_text.EXPLAIN_WAIT_EPOCH
        return
    last = history.epochs[-1]
    gap = number(last.train_top1) - number(last.top1)
    shown = numbers.percent(last.train_top1), numbers.percent(last.top1)
    if gap > ACCURACY_GAP:
        yield explain_text.explain_accuracy_gap(*shown, numbers.percent(gap))
    elif gap < -ACCURACY_GAP:
        yield explain_text.explain_accuracy_below(*shown)
    elif math.isfinite(gap):
        yield explain_text.explain_accuracy_together(*shown)
    best = history.best
    if best is not None and best.epoch < last.epoch:
        yield explain_text.explain_best_before(numbers.percent(best.top1), best.epoch)
    elif best is not None:
        yield explain_text.EXPLAIN_BEST_NOW


def _rate(history: History) -> Iterator[str]:
    yield explain_text.EXPLAIN_RATE
    plan = history.plan
    if plan is None:
        yield text.NO_RATE
        return
    yield _rate_now(plan, history)
    if history.steered_factor != 1.0:
        yield explain_text.explain_steered(f"{history.steered_factor:.3g}")
    elif plan.kind != "constant" and history.plateau_factor < 1 - MOVES:
        yield explain_text.explain_plateau(f"{history.plateau_factor:.2g}")


def _rate_now(plan: schedule.Plan, history: History) -> str:
    """What the planned rate does at this step."""
    step = min(history.step, max(0, plan.steps - 1))
    if step < plan.warmup:
        return explain_text.EXPLAIN_WARMUP
    passed = [at for at in plan.milestones if plan.kind == "step" and at <= step]
    if passed:
        epoch = passed[-1] // history.steps_per_epoch + 1
        return explain_text.explain_drop(f"{plan.gamma:g}", epoch)
    now = schedule.learning_rate(plan, step)
    soon = schedule.learning_rate(plan, min(plan.steps - 1, step + history.steps_per_epoch))
    if soon > now:
        return explain_text.EXPLAIN_RATE_RISES
    return explain_text.EXPLAIN_RATE_FALLS if soon < now else explain_text.EXPLAIN_RATE_CONSTANT


def _layers(history: History) -> Iterator[str]:
    run = history.run
    yield explain_text.EXPLAIN_LAYERS
    if run is None or not run.layers:
        yield text.NO_LAYERS
        return
    largest = max(run.layers, key=lambda layer: layer.parameters)
    share = numbers.whole(largest.parameters / max(1, run.parameters))
    yield explain_text.explain_largest(largest.name, share)
    if history.health is not None and history.health.layers:
        yield _health(history.health.layers)


def _health(layers: Sequence[Health]) -> str:
    """The worst that can be said of the layers, or that they are well."""
    gradients = sorted(g for layer in layers if math.isfinite(g := number(layer.gradient)))
    if len(gradients) < len(layers) and any(layer.gradient is None for layer in layers):
        blown = next(layer for layer in layers if layer.gradient is None)
        if not math.isfinite(number(blown.mean)):
            return explain_text.explain_blown(blown.layer)
    middle = gradients[len(gradients) // 2] if gradients else 0.0
    dead = max(layers, key=lambda layer: _or_zero(layer.dead))
    if _or_zero(dead.dead) >= DEAD:
        return explain_text.explain_dead(dead.layer, numbers.whole(dead.dead))
    for layer in layers:
        gradient = number(layer.gradient)
        if middle and gradient < VANISHING * middle:
            return explain_text.explain_vanishing(layer.layer)
        if middle and gradient > EXPLODING * middle:
            return explain_text.explain_exploding(layer.layer)
    fastest = max(layers, key=lambda layer: _or_zero(layer.update))
    if _or_zero(fastest.update) > LARGE_UPDATE:
        return explain_text.explain_large_update(fastest.layer, numbers.whole(fastest.update))
    return explain_text.EXPLAIN_HEALTHY


def _or_zero(value: events.Measured) -> float:
    return number(value) if math.isfinite(number(value)) else 0.0


def _confusion(history: History) -> Iterator[str]:
    yield explain_text.EXPLAIN_CONFUSION
    if history.confusion is None:
        yield text.NO_CONFUSION.capitalize() + "."
        return
    counted, classes = counts(history.confusion), history.classes
    if not counted.mistakes:
        yield explain_text.EXPLAIN_NO_MISTAKES
        return
    worst = counted.mistakes[0]
    names = class_name(classes, worst.true), class_name(classes, worst.predicted)
    reverse = counted.cells.get((worst.predicted, worst.true), 0)
    share = numbers.whole(worst.images / worst.of)
    yield explain_text.explain_worst(*names, worst.images, worst.of, share)
    recall, hardest = counted.recalls[0]
    if reverse >= MUTUAL * worst.images:
        yield explain_text.explain_mutual(*names)
    else:
        yield explain_text.explain_hardest(class_name(classes, hardest), numbers.whole(recall))


def _maps(history: History) -> Iterator[str]:
    yield explain_text.EXPLAIN_MAPS
    if not history.maps:
        yield text.NO_MAPS.capitalize() + "."
        return
    names = [layer.name for layer in history.run.layers] if history.run else []
    deepest = max(history.maps, key=lambda name: names.index(name) if name in names else -1)
    yield explain_text.explain_depth(next(iter(history.maps)), deepest)
    event = history.maps[deepest]
    if event.top:
        yield _taken_for(event, history.classes)


def _taken_for(event: FeatureMaps, classes: tuple[str, ...]) -> str:
    predicted, probability = event.top[0]
    said, share = class_name(classes, predicted), numbers.whole(probability)
    if predicted == event.true:
        return explain_text.explain_right(said, share)
    return explain_text.explain_wrong(said, share, class_name(classes, event.true))


def _machine(history: History) -> Iterator[str]:
    shares = bounds(history)
    if not shares:
        yield explain_text.EXPLAIN_MACHINE
        yield explain_text.EXPLAIN_WAIT_SPEED
        return
    what, share = shares[0]
    yield explain_text.explain_bound(what, numbers.whole(share))
    yield explain_text.EXPLAIN_BOUNDS[what]
    if taken_by_others(history.hardware):
        yield explain_text.EXPLAIN_CORES
    others = [h for gpu in history.hardware.gpus for h in gpu.holders] if history.hardware else []
    if others:
        yield explain_text.EXPLAIN_OTHERS


def _log(history: History) -> Iterator[str]:
    yield explain_text.EXPLAIN_LOG
    worries = [e for e in history.log if isinstance(e, events.Alert) and e.level != "info"]
    if worries:
        yield explain_text.explain_worries(len(worries))
    elif history.log:
        yield explain_text.EXPLAIN_NO_WORRIES
    if history.checkpoint is not None:
        yield explain_text.EXPLAIN_CHECKPOINTS


_EXPLANATIONS: dict[str, Callable[[History], Iterator[str]]] = {
    "loss": _loss,
    "accuracy": _accuracy,
    "rate": _rate,
    "layers": _layers,
    "confusion": _confusion,
    "maps": _maps,
    "machine": _machine,
    "log": _log,
}
