"""What goes wrong in a training whose numbers are all finite: told once, with what to do.

It sees the events of a run in their order, and nothing is measured for it.
"""

from __future__ import annotations

import math
import statistics
from collections import deque

from msgspec import UNSET

from engine.process import process_text
from engine.protocol import events
from engine.protocol.events import Event

# So many times what was usual is an explosion.
GROWTH = 100.0
# A gradient below this norm steers no weight astray, whatever it was before.
LARGE_GRADIENT = 10.0
# From so many looks on it is known what is usual; the newest count.
USUAL, REMEMBERED = 3, 20
# A training that is no better than a guess by the end of this epoch goes nowhere.
PATIENT_EPOCHS = 3


class AnomalyMonitor:
    """Watches one attempt; a rollback begins it anew."""

    def __init__(self) -> None:
        self._classes = 2
        self._told: set[str] = set()
        self._forget()

    def _forget(self) -> None:
        self._lowest_loss = math.inf
        self._gradients: deque[float] = deque(maxlen=REMEMBERED)
        self._best = 0.0
        self._chance, self._images = 0.0, 0

    def of(self, event: Event) -> list[events.Alert]:
        """What this event gives rise to say; mostly nothing."""
        match event:
            case events.RunStarted():
                self._classes = max(2, len(event.classes))
            case events.Resumed():
                self._forget()
            case events.Steps() if event.loss is not None:
                return self._once("exploding", self._loss(event.loss), event.step)
            case events.LayerHealth():
                return self._once("exploding", self._gradient(event), event.step)
            case events.Confusion():
                self._chance, self._images = _most_frequent(event)
            case events.EpochEnded() if event.epoch <= PATIENT_EPOCHS:
                return self._once("plateau", self._accuracy(event), event.step)
        return []

    def _once(self, code: str, sentence: str, step: int) -> list[events.Alert]:
        if not sentence or code in self._told:
            return []
        self._told.add(code)
        return [events.Alert("warning", code, sentence, step=step)]

    def _loss(self, loss: float) -> str:
        """Far above the best so far, and far worse than a guess among the classes."""
        before, self._lowest_loss = self._lowest_loss, min(self._lowest_loss, loss)
        if loss > GROWTH * before and loss > 3 * math.log(self._classes):
            return process_text.loss_explodes(loss, before)
        return ""

    def _gradient(self, health: events.LayerHealth) -> str:
        norms = [(layer.gradient, layer.layer) for layer in health.layers if layer.gradient]
        norm = math.hypot(*(gradient for gradient, _ in norms))
        usual = statistics.median(self._gradients) if len(self._gradients) >= USUAL else math.inf
        self._gradients.append(norm)
        if norm > GROWTH * usual and norm > LARGE_GRADIENT:
            return process_text.gradient_explodes(norm, usual, max(norms)[1])
        return ""

    def _accuracy(self, ended: events.EpochEnded) -> str:
        """No better than a guess, by two standard errors, in all of the first epochs."""
        weighed = ended.balanced is not UNSET
        score = ended.balanced if weighed else ended.top1
        chance = 1 / self._classes if weighed else self._chance
        self._best = max(self._best, score or 0.0)
        margin = 2 * math.sqrt(chance * (1 - chance) / max(1, self._images))
        if ended.epoch < PATIENT_EPOCHS or not self._images or self._best > chance + margin:
            return ""
        return process_text.learns_nothing(ended.epoch, self._best, chance)


def _most_frequent(confusion: events.Confusion) -> tuple[float, int]:
    """The share of the most frequent class: what always naming it achieves. And of how many."""
    counts: dict[int, int] = dict(enumerate(map(sum, confusion.counts)))
    for true, _, count in confusion.sparse:
        counts[true] = counts.get(true, 0) + count
    images = sum(counts.values())
    return (max(counts.values()) / images, images) if images else (0.0, 0)
