"""The training loop, as a generator of events.

It yields after every step and every evaluation batch: an event, or None when nothing is due.
Whoever consumes it owns pace and stop: between two yields the run can be paused, saved or
left for good. It never yields inside `no_grad` or `autocast`, which would leak to the caller.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

import torch
from msgspec import UNSET
from torch import Tensor, nn
from torch.nn import functional as F

from engine import device as devices
from engine import events, optim, probe, schedule, text
from engine.data.augment import Augmentation
from engine.data.dataset import Dataset
from engine.data.resident import ResidentLoader
from engine.events import Event, measured
from engine.recipe import Recipe, Resolved
from engine.tally import Evaluation, Means, Result, Tally

SECONDS = {"steps": 0.5, "maps": 10.0}
# After the first hour reports and maps come this much more seldom, so that a week's journal
# stays readable.
HOUR = 3600.0
SELDOM = 10
DENSE_CLASSES = 100
WORST_CELLS = 20
CELL_IMAGES = 6


class Trainer:
    """One run's training: the model, how far it is, and the generator that moves it on."""

    def __init__(
        self,
        recipe: Recipe,
        resolved: Resolved,
        device: torch.device,
        dataset: Dataset,
        model: nn.Module,
        clock: Callable[[], float],
    ) -> None:
        self._recipe, self._resolved, self._device = recipe, resolved, device
        self._dataset, self._clock = dataset, clock
        layout = devices.MEMORY_FORMATS[resolved.memory_format]
        self.model = model.to(device).to(memory_format=layout)
        self._loader = _loader(recipe, dataset, device, layout)
        self._optimizer = optim.optimizer(recipe, self.model, device)
        self._tally = Tally(device)
        self._plateau = schedule.Plateau()
        self.plan = schedule.plan(recipe, self._loader.steps_per_epoch)
        self.step = 0
        self.ended_epochs = 0
        self.best_top1 = -math.inf
        self.best_epoch = 0
        self._epoch_seconds = 0.0
        self._window_seconds = 0.0
        self._window = (0, 0, 0.0)  # step, epoch and seconds of the window being read
        self._pace = Pace(clock)
        self._maps: probe.Reading | None = None
        self._loss_alerted = False

    @property
    def steps_per_epoch(self) -> int:
        return self._loader.steps_per_epoch

    @property
    def epoch(self) -> int:
        """The epoch that is being trained or evaluated, from 1."""
        return self.ended_epochs + 1

    def run(self) -> Generator[Event | None, None, None]:
        """Train and evaluate until the last epoch has ended."""
        yield from self._look_inside()
        while self.ended_epochs < self._recipe.epochs:
            yield events.Phase("training", step=self.step)
            if self.step < self.epoch * self.steps_per_epoch:
                yield from self._train()
            yield from self._end_epoch()

    def rehearse(self) -> Iterator[Event | None]:
        """One step and one evaluation batch, to see that a run would start."""
        yield from itertools.islice(self._train(), 1)
        self._evaluate_batch(Evaluation(len(self._dataset.classes), self._device), *self._first())
        yield None

    def _first(self) -> tuple[Tensor, Tensor]:
        return next(self._loader.evaluation_batches(self._dataset.validation, self._recipe.batch))

    # Training

    def _train(self) -> Iterator[Event | None]:
        """The rest of the epoch, from the step where the run is."""
        first = self.step % self.steps_per_epoch
        batches = self._loader.batches(self.epoch, first)
        while self.step < self.epoch * self.steps_per_epoch:
            began = self._clock()
            images, labels = next(batches)
            self._learn(images, labels)
            seconds = self._clock() - began
            self._epoch_seconds += seconds
            self._window_seconds += seconds
            yield from self._reports() or (None,)

    def _learn(self, images: Tensor, labels: Tensor) -> None:
        """One step of gradient descent on a batch (N, C, H, W)."""
        rate = schedule.learning_rate(self.plan, self.step, self._plateau.factor)
        optim.set_rate(self._optimizer, rate)
        self.model.train()
        with devices.autocast(self._device, self._resolved.precision):
            logits = self.model(images)
        loss = F.cross_entropy(logits.float(), labels)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self.step += 1
        self._tally.add(loss, logits, labels)

    def _reports(self) -> list[Event]:
        """What is due after a step; the first step always reports, for its loss."""
        if not self._tally.reading and (self.step == 1 or self._pace.due("steps")):
            self._tally.start()
            self._window = (self.step, self.epoch, self._window_seconds)
            self._window_seconds = 0.0
        means = self._tally.poll()
        reports = self._steps(means) if means is not None else []
        if self._maps is None and self._pace.due("maps"):
            self._maps = self._probe()
        if self._maps is not None and self._maps.ready():
            reports += self._maps.events()
            self._maps = None
        return reports

    def _steps(self, means: Means) -> list[Event]:
        step, epoch, seconds = self._window
        rate = schedule.learning_rate(self.plan, step - 1, self._plateau.factor)
        report = events.Steps(
            epoch,
            measured(means.loss),
            means.top1,
            rate,
            measured(means.images / seconds) if seconds else None,
            step=step,
        )
        if math.isfinite(means.loss) or self._loss_alerted:
            return [report]
        self._loss_alerted = True
        told = events.Alert("error", "loss", text.loss_not_finite(step), step=step)
        return [report, told]

    # The end of an epoch

    def _end_epoch(self) -> Iterator[Event | None]:
        yield events.Phase("evaluating", step=self.step)
        began = self._clock()
        waited = 0.0
        evaluation = Evaluation(len(self._dataset.classes), self._device)
        batches = self._loader.evaluation_batches(self._dataset.validation, self._recipe.batch * 2)
        for images, labels in batches:
            self._evaluate_batch(evaluation, images, labels)
            left = self._clock()
            yield None
            waited += self._clock() - left
        result = evaluation.result()
        seconds = self._clock() - began - waited
        yield self._confusion(result)
        yield from self._look_inside()
        yield self._epoch_ended(result, seconds)

    @torch.no_grad()
    def _evaluate_batch(self, evaluation: Evaluation, images: Tensor, labels: Tensor) -> None:
        self.model.eval()
        with devices.autocast(self._device, self._resolved.precision):
            logits = self.model(images)
        evaluation.add(logits, labels)

    def _epoch_ended(self, result: Result, evaluation_seconds: float) -> Event:
        """Close the epoch: after this the state says that it has ended."""
        train = self._tally.totals()
        best = result.top1 > self.best_top1
        rate = schedule.learning_rate(self.plan, self.step - 1, self._plateau.factor)
        ended = events.EpochEnded(
            epoch=self.epoch,
            train_loss=measured(train.loss),
            train_top1=measured(train.top1),
            loss=measured(result.loss),
            top1=measured(result.top1),
            top5=UNSET if result.top5 is None else result.top5,
            lr=rate,
            seconds=self._epoch_seconds,
            evaluation_seconds=evaluation_seconds,
            images_per_second=measured(train.images / max(self._epoch_seconds, 1e-9)),
            best=best,
            step=self.step,
        )
        if best:
            self.best_top1, self.best_epoch = result.top1, self.epoch
        if self._recipe.plateau:
            self._plateau = schedule.after_epoch(self._plateau, result.loss, self._recipe)
        self.ended_epochs += 1
        self._epoch_seconds = 0.0
        self._tally.new_epoch()
        return ended

    def _confusion(self, result: Result) -> Event:
        counts = result.counts
        if len(counts) <= DENSE_CLASSES:
            dense = tuple(tuple(row) for row in counts.tolist())
            return events.Confusion(self.epoch, dense, worst=self._worst(result), step=self.step)
        cells = counts.nonzero().tolist()
        sparse = tuple((true, said, int(counts[true, said])) for true, said in cells)
        return events.Confusion(
            self.epoch, sparse=sparse, worst=self._worst(result), step=self.step
        )

    def _worst(self, result: Result) -> tuple[events.Cell, ...]:
        """The largest errors, each with the indices of a few of its images."""
        errors = result.counts.clone()
        errors.fill_diagonal_(0)
        classes = len(errors)
        largest = errors.flatten().topk(min(WORST_CELLS, classes * classes))
        labels = self._dataset.validation.labels.cpu()
        cells = []
        for count, cell in zip(largest.values.tolist(), largest.indices.tolist(), strict=True):
            if count:
                true, said = divmod(cell, classes)
                those = (labels == true) & (result.predictions == said)
                images = those.nonzero().flatten()[:CELL_IMAGES].tolist()
                cells.append(events.Cell(true, said, tuple(images)))
        return tuple(cells)

    # Looking inside

    def _look_inside(self) -> Iterator[Event]:
        """Feature maps now; waits for the device, between epochs only."""
        yield from self._probe().events()
        self._maps = None
        self._pace.reset("maps")

    def _probe(self) -> probe.Reading:
        return probe.feature_maps(
            self.model,
            self._dataset,
            self._loader.normalise,
            probe.probed_layers(self.model),
            self._device,
            self.step,
        )

    # Saving

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs. Waits for the device."""
        return {
            "step": self.step,
            "ended_epochs": self.ended_epochs,
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "plateau": [self._plateau.factor, self._plateau.best, self._plateau.bad_epochs],
            "best": [self.best_top1, self.best_epoch],
            "epoch": {**self._tally.state(), "seconds": self._epoch_seconds},
            "random": devices.random_state(self._device),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was taken; the data and the recipe must be the same."""
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step, self.ended_epochs = state["step"], state["ended_epochs"]
        self._plateau = schedule.Plateau(*state["plateau"])
        self.best_top1, self.best_epoch = state["best"]
        self._tally.restore(state["epoch"]["sums"], state["epoch"]["images"])
        self._epoch_seconds = state["epoch"]["seconds"]
        devices.set_random_state(self._device, state["random"])


class Pace:
    """When a report is due: at most so often, and more seldom after the first hour."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._last = dict.fromkeys(SECONDS, self._began)

    def due(self, what: str) -> bool:
        """Whether enough time has passed since the last one; if so, this one counts."""
        now = self._clock()
        seldom = SELDOM if now - self._began > HOUR else 1
        if now - self._last[what] < SECONDS[what] * seldom:
            return False
        self._last[what] = now
        return True

    def reset(self, what: str) -> None:
        self._last[what] = self._clock()


def _loader(
    recipe: Recipe, dataset: Dataset, device: torch.device, layout: torch.memory_format
) -> ResidentLoader:
    return ResidentLoader(
        dataset.train,
        mean=dataset.mean,
        std=dataset.std,
        batch=recipe.batch,
        seed=recipe.seed,
        augmentation=Augmentation.of(recipe),
        device=device,
        memory_format=layout,
    )
