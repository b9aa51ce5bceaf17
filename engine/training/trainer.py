"""The training loop, as a generator of events.

It yields after every step and every evaluation batch: an event, or None when nothing is due.
Whoever consumes it owns pace and stop: between two yields the run can be paused, saved or
left for good. It never yields inside `no_grad` or `autocast`, which would leak to the caller.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Generator, Iterator

import torch
from msgspec import UNSET
from torch import Tensor, nn

from cnn_tui.feature_maps import default_layers
from cnn_tui.layer_health import LayerHealthMeter
from engine.checkpoints.run_state import (
    Accuracy,
    EpochSums,
    RunShape,
    Steering,
    TrainingState,
    weights_of,
)
from engine.data.base.batch import Batch, RawBatch
from engine.data.base.dataset import Dataset
from engine.data.base.seeds import derive_seed
from engine.data.loaders import loader_choice
from engine.devices import device as devices
from engine.distributed.ranks import World
from engine.errors import RunError, UsageError
from engine.inspection import layer_events
from engine.inspection.feature_map_events import FeatureMapReading
from engine.inspection.inspector import Inspector
from engine.inspection.layer_events import LayerHealthReading
from engine.models.transfer_learning import FrozenBackbone
from engine.protocol import commands, events
from engine.protocol.events import Event, measured
from engine.recipes import schedule
from engine.recipes.recipe import Recipe, Resolved
from engine.training import metrics, optimizers, training_text
from engine.training.confusion_counts import confusion
from engine.training.cuda_graph import CudaGraphStep
from engine.training.ema import WeightEma
from engine.training.evaluator import Evaluator
from engine.training.inspection_schedule import InspectionSchedule
from engine.training.loss import CrossEntropy, class_weights
from engine.training.metrics import Means, Result, RunningMetrics
from engine.training.non_finite_guard import BrokenBatch, NonFiniteGuard
from engine.training.pace import Pace, Spent, Window
from engine.training.steering import steered


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
        world: World | None = None,
    ) -> None:
        self._recipe, self._resolved, self._device = recipe, resolved, device
        self._dataset, self._clock, self._world = dataset, clock, world or World()
        layout = devices.MEMORY_FORMATS[resolved.memory_format]
        self.model = model.to(device).to(memory_format=layout)
        # What computes a training step: the model itself, or what shares its gradients with other
        # ranks, or the compiled twin of either.
        self._shared = self._world.network(self.model, freezes=recipe.freeze > 0)
        self._network: Callable[[Tensor], Tensor] = self._shared
        self._loader = loader_choice.loader(
            recipe, dataset, device, layout, resolved.threads, self._world.part
        )
        self._validation = loader_choice.kept(dataset.validation, device)
        self._evaluator = Evaluator(
            self._loader,
            len(dataset.classes),
            devices.evaluation_batch(device, recipe.batch, dataset.train.shape),
            device,
            resolved.precision,
            clock,
            self._world,
            mirrored=recipe.tta,
        )
        dtype = devices.PRECISIONS[resolved.precision]
        self._optimizers = optimizers.optimizers(recipe, self.model, device, dtype)
        self._average = WeightEma(self.model, recipe.ema) if recipe.ema else None
        self._loss = _loss(recipe, dataset, device)
        self._backlog = devices.Backlog(device)
        self._replay = self._replayed() if resolved.cuda_graph == "on" else None
        self._backbone = FrozenBackbone(self.model, recipe.freeze)
        self._tally = RunningMetrics(device, self._world)
        self._plateau = schedule.Plateau()
        self._steer_to(Steering(factor=1.0, epochs=recipe.epochs))
        self.layers = layer_events.layers(self.model, *dataset.train.shape[:2])
        self.answers = Inspector(self.judged, self.layers, dataset, self._loader, device)
        self.step = 0
        self.ended_epochs = 0
        self.best = self._last = Accuracy()
        self._epoch_seconds = 0.0
        self._spent = Spent(0.0, 0.0)
        self._window = Window(0, 0, Spent(0.0, 0.0))
        self._pace = Pace(clock)
        self._looks = InspectionSchedule(self._pace, self._probe)
        self._guard = NonFiniteGuard(self.model, device, self._world)
        self.tested: Result | None = None
        # Whether the last epoch has ended: then nothing is left to steer.
        self._over = False
        self._part_draws()

    @property
    def batch(self) -> int:
        """How many images a step learns from, over all ranks."""
        return self._loader.batch

    @property
    def steps_per_epoch(self) -> int:
        return self._loader.steps_per_epoch

    @property
    def _shape(self) -> RunShape:
        return RunShape(
            steps_per_epoch=self.steps_per_epoch,
            batch=self._loader.batch,
            classes=len(self._dataset.classes),
        )

    @property
    def epoch(self) -> int:
        """The epoch that is being trained or evaluated, from 1."""
        return self.ended_epochs + 1

    @property
    def judged(self) -> nn.Module:
        """The model that is validated and looked at: the average, where one is kept."""
        return self._average.model if self._average is not None else self.model

    @property
    def broken(self) -> BrokenBatch | None:
        """The first batch whose loss was not a number, where the device tells at once."""
        return self._guard.broken

    @property
    def out_of_patience(self) -> bool:
        """Whether the validation accuracy has not risen for as long as the recipe bears."""
        waited = self.ended_epochs - self.best.epoch
        return 0 < self._recipe.patience <= waited

    def run(self) -> Generator[Event | None, None, None]:
        """Train and evaluate until the last epoch has ended, or patience has."""
        yield from self._looks.maps()
        while self.ended_epochs < self._steering.epochs:
            if self.out_of_patience:
                self._over = True
                told = training_text.out_of_patience(self._recipe.patience, self.best.epoch)
                yield events.Alert("info", "patience", told, step=self.step)
                return
            yield events.Phase("training", step=self.step)
            if self.step < self.epoch * self.steps_per_epoch:
                yield from self._train()
            yield from self._end_epoch()
        self._over = True

    def compile(self) -> None:
        """Compile what a training step computes; takes up to minutes, and changes nothing else.

        Raises what a compiler may raise.
        """
        self.model.train()
        self._backbone.start_epoch(self.epoch)
        network, batch = devices.compiled(self._shared), next(self._loader.batches(self.epoch))
        with devices.untouched(self.model, self._device):
            with devices.autocast(self._device, self._resolved.precision):
                logits = network(batch.images)
            self._loss(logits.float(), batch).backward()  # type: ignore[no-untyped-call]
        self.model.zero_grad(set_to_none=True)
        self._network = network

    def rehearse(self) -> Iterator[Event | None]:
        """One step and one evaluation batch, to see that a run would start."""
        yield from itertools.islice(self._train(), 1)
        self._evaluator.rehearse(self.judged, self._validation)
        yield None

    # Training

    def _train(self) -> Iterator[Event | None]:
        """The rest of the epoch, from the step where the run is."""
        self.model.train()
        self._backbone.start_epoch(self.epoch)
        self._world.anew()
        first = self.step % self.steps_per_epoch
        draws = self._loader.drawn(self.epoch, first)
        while self.step < self.epoch * self.steps_per_epoch:
            began = self._clock()
            drawn = next(draws)
            self._loader.aim(drawn)
            looks = self._looks.due(self.step)
            batch = None if self._replay is not None and not looks else self._loader.made(drawn)
            waited = self._clock() - began
            optimizers.set_rate(self._optimizers, self.rate(self.step))
            if batch is None:
                self._repeat(drawn)
            else:
                self._learn(batch, self._examination(batch.images) if looks else None)
            self._backlog.add()  # a CPU-GPU sync: on the step before the last few
            seconds = self._clock() - began
            self._epoch_seconds += seconds
            self._spent = Spent(self._spent.seconds + seconds, self._spent.waited + waited)
            yield from self._reports() or (None,)

    def _repeat(self, drawn: RawBatch) -> None:
        """A step as it was recorded, on other images."""
        assert self._replay is not None
        self._replay(drawn)
        self._stepped(len(drawn.labels))

    def _replayed(self) -> CudaGraphStep:
        """A step of which only the launches are needed, which are recorded."""

        def step(drawn: RawBatch) -> None:
            batch = self._loader.made(drawn)
            loss, logits = self._forward(batch)
            self._backward(loss)
            self._descend()
            self._tally.add(loss, logits, batch.dominant)

        return CudaGraphStep(
            step, lambda it: devices.recorded(it, self._device, self._loader.draws)
        )

    def _learn(self, batch: Batch, examination: LayerHealthMeter | None) -> None:
        """A step that can be looked at, and that learns nothing from what breaks the weights."""
        loss, logits = self._forward(batch)
        if self._guard.breaks(loss):
            self._guard.keep(batch, loss, self.step + 1)
            if examination is not None:
                examination.after_skipped_step()
        else:
            self._backward(loss)
            if examination is not None:
                examination.after_backward()
            self._descend()
            if examination is not None:
                examination.after_step()
        self._tally.add(loss, logits, batch.dominant)
        self._stepped(len(batch.labels))
        if examination is not None:
            self._looks.examined(LayerHealthReading(examination), self.step)

    def _forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss, () float32, and the logits (N, classes)."""
        with devices.autocast(self._device, self._resolved.precision):
            logits = self._network(batch.images)
        return self._loss(logits.float(), batch), logits

    def _backward(self, loss: Tensor) -> None:
        self.model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]

    def _descend(self) -> None:
        """Move the weights along their gradients."""
        if self._recipe.clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self._recipe.clip)
        for optimizer in self._optimizers:
            optimizer.step()

    def _stepped(self, images: int) -> None:
        """A step on so many images was taken."""
        self.step += 1
        self._tally.added(images)
        if self._average is not None:
            self._average.update(self.step)

    def rate(self, step: int) -> float:
        """The learning rate of the step with this 0-based number."""
        return schedule.learning_rate(self.plan, step, self._plateau.factor, self._steering.factor)

    def _examination(self, images: Tensor) -> LayerHealthMeter:
        """Begin to look at the coming step's layers."""
        examination = LayerHealthMeter(self.model)
        if self._network is not self._shared:
            self._show(images)
            examination.remove_hooks()
        return examination

    def _show(self, images: Tensor) -> None:
        """Let the hooks on the model see these images, and nothing come of it."""
        with (
            devices.untouched(self.model, self._device),
            torch.no_grad(),
            devices.autocast(self._device, self._resolved.precision),
        ):
            self.model(images)

    def _report_is_due(self) -> bool:
        ready = not self._tally.reading
        return ready and (self.step == 1 or self._guard.untold or self._pace.due("steps"))

    def _reports(self) -> list[Event]:
        """What is due after a step; the first step always reports, for its loss."""
        if self._world.agreed(self._report_is_due):
            self._tally.start()
            self._window = Window(self.step, self.epoch, self._spent)
            self._spent = Spent(0.0, 0.0)
        means = self._tally.poll()
        inspected = self._looks.arrived()
        reports = self._steps(means) if means is not None else []
        reports += inspected
        if self._replay is not None and self._replay.failure:
            told = training_text.not_recorded(self._replay.failure)
            reports.append(events.Alert("warning", "cuda-graph", told, step=self.step))
            self._replay = None
        return reports

    def _steps(self, means: Means) -> list[Event]:
        step, epoch, (seconds, waited) = self._window
        report = events.Steps(
            epoch,
            measured(means.loss),
            means.top1,
            self.rate(step - 1),
            measured(means.images / seconds) if seconds else None,
            waited / seconds if seconds else UNSET,
            self._looks.take_scalars(),
            step=step,
        )
        if not math.isfinite(means.loss):
            alert = self._guard.alert(step)
        else:
            alert = self._first_loss(means.loss) if step == 1 else None
        return [report] if alert is None else [report, alert]

    def _first_loss(self, loss: float) -> events.Alert:
        """Whether the first loss is that of a guess."""
        classes = len(self._dataset.classes)
        told = training_text.first_loss(loss, math.log(classes), classes)
        return events.Alert("info", "first-loss", told, step=1)

    # The end of an epoch, and of the run

    def _end_epoch(self) -> Iterator[Event | None]:
        yield events.Phase("evaluating", step=self.step)
        result, seconds = yield from self._evaluator.evaluated(self.judged, self._validation)
        for sentence in itertools.chain(*self._world.gathered(self._loader.news())):
            yield events.Alert("warning", "data", sentence, step=self.step)
        labels = self._dataset.validation.labels.cpu()
        yield confusion(result, labels, self.epoch, self.step)
        yield from self._looks.maps()
        yield self._epoch_ended(result, seconds)

    @property
    def can_test(self) -> bool:
        """Whether there are images that are for the end."""
        return self._dataset.test is not None

    def test(self, weights: dict[str, Tensor]) -> Generator[Event | None, None, None]:
        """Evaluate these weights on the test images; those of the training stay as they are."""
        assert self._dataset.test is not None
        yield events.Phase("evaluating", note="test", step=self.step)
        model = copy.deepcopy(self.judged)
        model.load_state_dict(weights)
        self.tested, _ = yield from self._evaluator.evaluated(model, self._dataset.test)

    def close(self) -> None:
        """End what the loader keeps running."""
        self._loader.close()

    def _epoch_ended(self, result: Result, evaluation_seconds: float) -> Event:
        """Close the epoch: after this the state says that it has ended."""
        train = self._tally.totals()
        best = result.top1 > self.best.top1
        ended = events.EpochEnded(
            epoch=self.epoch,
            train_loss=measured(train.loss),
            train_top1=measured(train.top1),
            loss=measured(result.loss),
            top1=measured(result.top1),
            top5=UNSET if result.top5 is None else result.top5,
            lr=self.rate(self.step - 1),
            seconds=self._epoch_seconds,
            evaluation_seconds=evaluation_seconds,
            images_per_second=measured(train.images / max(self._epoch_seconds, 1e-9)),
            best=best,
            balanced=metrics.balanced(result.counts) if self._recipe.class_weights else UNSET,
            step=self.step,
        )
        self._last = Accuracy(top1=result.top1, epoch=self.epoch)
        if best:
            self.best = self._last
        if self._recipe.plateau:
            self._plateau = schedule.after_epoch(self._plateau, result.loss, self._recipe)
        self.ended_epochs += 1
        self._epoch_seconds = 0.0
        self._tally.new_epoch()
        return ended

    # Looking inside

    def _probe(self) -> FeatureMapReading:
        return FeatureMapReading(
            self.judged,
            self._dataset,
            self._loader.normalise,
            default_layers(self.judged),
            self._device,
            self.step,
        )

    # Steering

    def steer(self, command: commands.Steer) -> Event:
        """Change the rest of the run.

        Raises UsageError for what cannot be; then nothing is changed.
        """
        if self._over:
            raise UsageError(training_text.STEERED_TOO_LATE)
        self._steer_to(steered(self._steering, command, self.epoch, self._planned_over))
        factor, epochs = self._steering.factor, self._steering.epochs
        return events.Steered(factor, epochs, self.rate(self.step), command.id, step=self.step)

    def _planned_over(self, epochs: int) -> float:
        plan = schedule.plan(self._recipe, self.steps_per_epoch, epochs)
        return schedule.learning_rate(plan, self.step, self._plateau.factor)

    def _steer_to(self, steering: Steering) -> None:
        self._steering = steering
        self.plan = schedule.plan(self._recipe, self.steps_per_epoch, steering.epochs)

    # Saving

    @property
    def sound(self) -> bool:
        """Whether all weights are finite. Waits for the device."""
        weights = self.model.state_dict().values()
        finite = [weight.isfinite().all() for weight in weights if weight.is_floating_point()]
        return not finite or bool(torch.stack(finite).all())

    def state(self) -> TrainingState:
        """All that an exact resume needs. Waits for the device."""
        return TrainingState(
            shape=self._shape,
            step=self.step,
            ended_epochs=self.ended_epochs,
            best=self.best,
            last=self._last,
            weights=weights_of(self.judged),
            trained_weights=None if self._average is None else weights_of(self.model),
            optimizers=[optimizer.state_dict() for optimizer in self._optimizers],
            steering=self._steering,
            plateau=self._plateau,
            epoch=EpochSums(
                sums=self._tally.epoch_sums(),
                images=self._tally.epoch_images,
                seconds=self._epoch_seconds,
            ),
            random=devices.random_state(self._device),
        )

    def restore(self, state: TrainingState) -> None:
        """Go back to where `state` was taken.

        Raises RunError where the data or the batch are others, so that its steps would not be
        those of this run.
        """
        if state.shape != self._shape:
            raise RunError(training_text.other_shape(state.shape, self._shape))
        self.judged.load_state_dict(state.weights)
        if self._average is not None:
            self.model.load_state_dict(state.trained_weights or state.weights)
        optimizers.restore(self._optimizers, state.optimizers)
        self.step, self.ended_epochs = state.step, state.ended_epochs
        self._over = False
        self._plateau = state.plateau
        self._steer_to(state.steering)
        self.best, self._last = state.best, state.last
        self._tally.restore(state.epoch.sums, state.epoch.images)
        if self._replay is not None:
            self._replay.forget()
        self._epoch_seconds = state.epoch.seconds
        devices.set_random_state(self._device, state.random)
        self._part_draws()
        self._guard.forget()

    def _part_draws(self) -> None:
        """Draw what no other rank draws, as dropout does; the leader's draws are in checkpoints."""
        if not self._world.leads:
            torch.manual_seed(derive_seed(self._recipe.seed, self.step, self._world.rank))


def _loss(recipe: Recipe, dataset: Dataset, device: torch.device) -> CrossEntropy:
    if not recipe.class_weights:
        return CrossEntropy(recipe.label_smoothing, None)
    weights = class_weights(dataset.class_counts).to(device)
    return CrossEntropy(recipe.label_smoothing, weights)
