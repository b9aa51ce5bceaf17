"""Finds trainings that go wrong although their numbers are finite, and says what to do.

It reads the events of a run in order; nothing is measured for it. Each alert is given once.
"""

from __future__ import annotations

import math
import statistics
from collections import deque

from msgspec import UNSET

from engine.numbers import number
from engine.process import process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes import schedule
from engine.recipes.fair_trial import had_fair_trial
from engine.recipes.schedule import Steering

# A value this many times the usual one is an explosion.
GROWTH = 100.0
# A gradient with a smaller norm does no harm, whatever it was before.
LARGE_GRADIENT = 10.0
# The usual gradient is the median of the newest measurements, once there are a few.
FEWEST, NEWEST = 3, 20
# A training that is no better than a guess after so many epochs and a fair trial learns nothing.
PATIENT_EPOCHS = 3


class AnomalyMonitor:
    """Monitors one attempt, from the start or from the last resume or rollback on."""

    def __init__(self) -> None:
        self._classes = 2
        self._run: events.RunStarted | None = None
        self._plan: schedule.Plan | None = None
        # Whether the accuracy has been compared with a guess: once is enough.
        self._judged = False
        self._reported: set[str] = set()
        self._forget()

    def _forget(self) -> None:
        self._lowest_loss = math.inf
        self._gradients: deque[float] = deque(maxlen=NEWEST)
        self._best = 0.0
        self._chance, self._images = 0.0, 0

    def alerts(self, event: Event) -> list[events.Alert]:
        """The alerts that this event causes; mostly none."""
        match event:
            case events.RunStarted():
                self._classes = max(2, len(event.classes))
                self._run = event
                self._plan = _plan(event)
            case events.Steered() if self._run is not None:
                self._plan = _plan(self._run, event.steering)
            case events.Resumed():
                self._forget()
                # Later on, the accuracies before the resume are missing.
                self._judged = self._is_time(event.epoch - 1, event.step)
            case events.Steps() if event.loss is not None and event.loss is not UNSET:
                return self._once("exploding", self._loss(event.loss), event.step)
            case events.LayerHealth():
                return self._once("exploding", self._gradient(event), event.step)
            case events.Confusion():
                self._chance, self._images = _most_frequent(event)
            case events.EpochEnded() if not self._judged:
                return self._once("plateau", self._accuracy(event), event.step)
        return []

    def _once(self, code: str, sentence: str, step: int) -> list[events.Alert]:
        if not sentence or code in self._reported:
            return []
        self._reported.add(code)
        return [events.Alert("warning", code, sentence, step=step)]

    def _loss(self, loss: float) -> str:
        """The sentence for a loss far above the lowest so far and far above a guess, or empty."""
        before, self._lowest_loss = self._lowest_loss, min(self._lowest_loss, loss)
        if loss > GROWTH * before and loss > 3 * math.log(self._classes):
            return process_text.loss_explodes(loss, before)
        return ""

    def _gradient(self, health: events.LayerHealth) -> str:
        """The sentence for a gradient far above the usual one, or empty."""
        norms = [(layer.gradient, layer.layer) for layer in health.layers if layer.gradient]
        norm = math.hypot(*(gradient for gradient, _ in norms))
        usual = statistics.median(self._gradients) if len(self._gradients) >= FEWEST else math.inf
        self._gradients.append(norm)
        if norm > GROWTH * usual and norm > LARGE_GRADIENT:
            return process_text.gradient_explodes(norm, usual, max(norms)[1])
        return ""

    def _is_time(self, epoch: int, step: int) -> bool:
        """Whether a training should be better than a guess by the end of this epoch."""
        plan = self._plan
        return epoch >= PATIENT_EPOCHS and plan is not None and had_fair_trial(plan, step)

    def _accuracy(self, ended: events.EpochEnded) -> str:
        """The sentence for accuracies within two standard errors of a guess, or empty.

        Empty also where so few images cannot tell the accuracy from that of a training that learns.
        """
        balanced = ended.balanced is not UNSET
        score = ended.balanced if balanced else ended.top1
        chance = 1 / self._classes if balanced else self._chance
        self._best = max(self._best, score or 0.0)
        margin = 2 * math.sqrt(chance * (1 - chance) / max(1, self._images))
        self._judged = self._is_time(ended.epoch, ended.step)
        if not self._judged or not self._images or self._best > chance + margin:
            return ""
        if chance + margin < number(ended.train_top1) <= self._best + margin:
            return ""
        return process_text.learns_nothing(ended.epoch, self._best, chance)


def _plan(run: events.RunStarted, steering: Steering | None = None) -> schedule.Plan | None:
    """The schedule; None where somebody's own program trains."""
    if run.recipe is None:
        return None
    return schedule.plan(run.recipe, run.steps_per_epoch, steering)


def _most_frequent(confusion: events.Confusion) -> tuple[float, int]:
    """The accuracy of always guessing the most frequent class, and the number of images."""
    counts: dict[int, int] = dict(enumerate(map(sum, confusion.counts)))
    for true, _, count in confusion.sparse:
        counts[true] = counts.get(true, 0) + count
    images = sum(counts.values())
    return (max(counts.values()) / images, images) if images else (0.0, 0)
