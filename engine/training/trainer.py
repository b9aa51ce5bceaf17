"""The training loop, as a generator of events.

It yields after every step (after several that are one launch) and after every evaluation batch: an
event, or None when nothing is due. Its consumer decides on pauses and the end: between two yields
it can pause, save or stop the run. The loop never yields inside `no_grad` or `autocast`, which
would leak to the consumer.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import NamedTuple

import torch
from msgspec import UNSET
from torch import Tensor, nn

from cnn_tui.evaluated_cells import EvaluatedCells
from cnn_tui.feature_maps import default_layers
from cnn_tui.independent_copy import independent_copy
from engine.checkpoints.run_state import RunShape, TrainingState
from engine.data.base.dataset import Dataset
from engine.data.base.seeds import derive_seed
from engine.data.loaders import loader_choice
from engine.data.loaders.training_loader import EpochBatches
from engine.devices import device as devices
from engine.devices import forward_pass
from engine.devices.backlog import Backlog
from engine.devices.determinism import DeterministicKernels
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.inspection import layer_events
from engine.inspection.feature_map_events import FeatureMapReading
from engine.inspection.inspector import Inspector
from engine.inspection.layer_events import LayerHealthReading
from engine.inspection.training_images import TrainingImages
from engine.models.transfer_learning import FrozenBackbone
from engine.protocol import commands, events
from engine.protocol.events import Event, measured
from engine.recipes import image_growth
from engine.recipes.recipe import Recipe, Resolved
from engine.training import training_text
from engine.training.confusion_event import confusion
from engine.training.evaluator import Evaluator
from engine.training.learner import Learner
from engine.training.memory_trial import MemoryTrial, fewest_parts
from engine.training.metrics import EvaluationResult, balanced
from engine.training.non_finite_guard import BrokenBatch
from engine.training.progress import Progress
from engine.training.recorded_steps import RecordedSteps
from engine.training.sightings import Sightings
from engine.training.step_reporter import Reporter, SilentReporter, StepReporter
from engine.training.step_rewind import StepRewind
from engine.training.step_timer import StepTimer
from engine.training.training_state import StatefulParts
from engine.training.trial_steps import unnoticed


class Taken(NamedTuple):
    """The steps that were taken at once, and the number of their images."""

    steps: int
    images: int


class Trainer:
    """The training of one run: a generator that runs it, and its state."""

    def __init__(
        self,
        recipe: Recipe,
        resolved: Resolved,
        device: torch.device,
        dataset: Dataset,
        model: nn.Module,
        clock: Callable[[], float],
        rank: Rank | None = None,
        together: int = 1,
    ) -> None:
        """A GPU takes `together` steps in one launch, where they are recorded."""
        self._recipe, self._device, self._dataset = recipe, device, dataset
        self._resolved = resolved
        self._kernels = DeterministicKernels() if resolved.deterministic == "on" else None
        self._rank = rank = rank or Rank()
        self.sightings = self._new_sightings() if recipe.suspects == "on" else None
        counts = dataset.class_counts
        self._learner = Learner(recipe, resolved, device, counts, model, rank, self.sightings)
        layout = forward_pass.MEMORY_FORMATS[resolved.memory_format]
        self._loader = loader_choice.loader(
            recipe, dataset, device, layout, resolved.threads, rank.share, self._side_of
        )
        self._validation = loader_choice.on_device(dataset.validation, device)
        self._judge = Judge(device, resolved.precision, recipe.tta)
        self._evaluator = self._new_evaluator(clock)
        self._backbone = FrozenBackbone(model, recipe.freeze, dataset.train.shape)
        self._rewind = StepRewind(model, device)
        self._is_in_step = False
        self._backlog = Backlog(device)
        self.layers = layer_events.layers(self.model, *dataset.train.shape[:2])
        self.inspector = Inspector(
            self.eval_model, self.layers, dataset, self._loader, self._judge, self._training_images
        )
        self.progress = progress = Progress(recipe, self._loader.steps_per_epoch)
        # The height and width of the images that the recorded steps take.
        self._recorded_side = 0
        self._recorded = (
            RecordedSteps(self._learner, self._loader, progress, device, together)
            if resolved.cuda_graph == "on"
            else None
        )
        self._timer = StepTimer(clock)
        shape = RunShape(
            steps_per_epoch=self.steps_per_epoch, batch=self.batch, classes=len(dataset.classes)
        )
        self._parts = StatefulParts(
            shape, progress, self._learner, self.sightings, self._timer, device
        )
        self._reporter = self._new_reporter(clock)
        # The last result for the validation images, and that for the test images.
        self.validated: EvaluationResult | None = None
        self.tested: EvaluationResult | None = None
        self._seed_follower()

    @property
    def model(self) -> nn.Module:
        """The model that learns."""
        return self._learner.model

    @property
    def eval_model(self) -> nn.Module:
        """The model that is validated and inspected: the EMA, where one is kept."""
        return self._learner.eval_model

    @property
    def dataset(self) -> Dataset:
        return self._dataset

    @property
    def labels(self) -> Tensor:
        """The labels of the training images, (N,) int64."""
        return self._dataset.train.labels

    @property
    def batch(self) -> int:
        """The number of images that a step learns from, over all ranks."""
        return self._loader.batch

    @property
    def parts(self) -> int:
        """The number of parts in which a rank learns from its share of a batch."""
        return self._learner.parts

    @property
    def steps_per_epoch(self) -> int:
        return self._loader.steps_per_epoch

    @property
    def step(self) -> int:
        """The number of completed steps."""
        return self.progress.step

    @property
    def epoch(self) -> int:
        """The epoch that is being trained or evaluated, from 1."""
        return self.progress.epoch

    @property
    def broken(self) -> BrokenBatch | None:
        """The first batch whose loss was not finite; always None on a GPU."""
        return self._learner.guard.broken

    def run(self, until: int | None = None) -> Generator[Event | None, None, None]:
        """Train and evaluate until the last epoch has ended, or patience is exhausted.

        With `until`, the training rests after that epoch, and is not over.
        """
        progress = self.progress
        yield from self._reporter.maps()
        while progress.ended_epochs < progress.steering.epochs:
            if progress.out_of_patience:
                break
            if until is not None and progress.ended_epochs >= until:
                return
            yield events.Phase("training", step=self.step)
            if progress.steps_left_in_epoch:
                yield from self._train()
            yield from self._end_epoch()
        progress.is_over = True

    def compile(self) -> None:
        """Compile the model for training. Raises whatever the compiler raises."""
        self._begin_training()
        self._learner.compile(next(self._loader.batches(self.epoch)))

    def fit_memory(self) -> Generator[None, None, int]:
        """Split each batch into as few parts as fit into the memory of the GPU.

        Returns their number, which is the same on all ranks. The images of the last epoch are the
        largest, if their size grows.
        """
        with contextlib.closing(self._loader.epoch(self._recipe.epochs)) as batches:
            raw = batches.next_raw(self._loader.draws)
        with unnoticed(self._device, torch.get_num_threads()):
            trial = MemoryTrial(
                self._learner_to_try,
                lambda: self._loader.augmented(raw, self._loader.draws),
                self._device,
            )
            parts = yield from fewest_parts(len(raw.labels), trial.fits)
        self._learner.parts = max(self._rank.gather(parts))
        self._evaluator.batch = self._evaluation_batch()
        return self.parts

    def _learner_to_try(self) -> Learner:
        """A learner of a copy of the model, which is alone on its GPU, in a training of its own."""
        classes, copied = self._dataset.class_counts, independent_copy(self.model)
        return Learner(self._recipe, self._resolved, self._device, classes, copied, Rank())

    def rehearse(self) -> Iterator[Event | None]:
        """Take one step and evaluate one batch, to see whether a run would start."""
        yield from itertools.islice(self._train(), 1)
        self._evaluator.rehearse(self.eval_model, self._validation)
        yield None

    def steer(self, command: commands.Steer) -> events.Steered:
        """Change the rest of the run. Raises UsageError, and then changes nothing."""
        return self.progress.steer(command)

    def close(self) -> None:
        """End the processes of the loader."""
        self._loader.close()

    # The steps of an epoch

    def _train(self) -> Iterator[Event | None]:
        """Train the rest of the epoch, from the current step."""
        self._begin_training()
        if self.sightings is not None:
            self.sightings.begin_epoch(self.epoch)
        self._rank.start_steps()
        while self.progress.steps_left_in_epoch:
            yield from self._train_at(self._side_of(self.epoch))

    def _train_at(self, side: int) -> Iterator[Event | None]:
        """Train the rest of the epoch on images of this side, or until steering changes it."""
        if self._recorded is not None and side != self._recorded_side:
            self._recorded.forget()
        self._recorded_side = side
        first = self.step % self.steps_per_epoch
        with contextlib.closing(self._loader.epoch(self.epoch, first)) as batches:
            while self.progress.steps_left_in_epoch and self._side_of(self.epoch) == side:
                self._timer.start()
                self._is_in_step = True
                steps, images = self._take(batches)
                self.progress.step += steps
                self._learner.after_step(self.step, images)
                self._is_in_step = False
                self._backlog.add()  # a CPU-GPU sync: waits for the step before the last few
                self._timer.stop()
                yield from self._reports() or (None,)

    def _side_of(self, epoch: int) -> int:
        """The height and width of the training images of an epoch, as now planned."""
        size, epochs = self._dataset.train.shape[-1], self.progress.steering.epochs
        return image_growth.side(self._recipe, size, epoch, epochs)

    def _begin_training(self) -> None:
        self.model.train()
        self._backbone.start_epoch(self.epoch)

    def _take(self, batches: EpochBatches) -> Taken:
        """Learn from the next batch, or from those of the next launch.

        A step whose layers are measured is never replayed, since a graph does not run the meter.
        """
        measures = self._reporter.health_is_due(self.step)
        if self._recorded is not None and not measures:
            inputs = self._recorded.next_inputs(batches)
            self._timer.images_arrived()
            self._recorded.take(inputs)
            return Taken(len(inputs), sum(len(raw.labels) for raw, _ in inputs))
        self._learner.set_rate(self.progress.rate(self.step))
        batch = batches.next()
        self._timer.images_arrived()
        if self._may_lack_memory:
            self._rewind.remember()
        meter = self._learner.health_meter(batch) if measures else None
        logits = self._learner.learn(batch, self.step + 1, meter)
        self._rewind.forget()
        if meter is not None:
            self._reporter.await_health(LayerHealthReading(meter, logits), self.step + 1)
        return Taken(1, len(batch.labels))

    @property
    def _may_lack_memory(self) -> bool:
        """Whether a step may fail for lack of memory, as those of a GPU do."""
        return self._device.type == "cuda" or self.parts > 1

    def _reports(self) -> list[Event]:
        """The events that are due after a step."""
        if self._rank.report_is_due(self._reporter.is_due):
            self._reporter.read_metrics()  # a CPU-GPU sync, asynchronous: an event marks its end
        reports = self._reporter.arrived()
        if self._recorded is not None and self._recorded.failure:
            sentence = training_text.not_recorded(self._recorded.failure)
            reports.append(events.Alert("warning", "cuda-graph", sentence, step=self.step))
            self._recorded = None
        for operation in self._kernels.pop_missing() if self._kernels is not None else ():
            sentence = training_text.not_deterministic(operation)
            reports.append(events.Alert("warning", "deterministic", sentence, step=self.step))
        return reports

    # The end of an epoch, and of the run

    def _end_epoch(self) -> Iterator[Event | None]:
        yield events.Phase("evaluating", step=self.step)
        result, seconds = yield from self._evaluator.evaluate(self.eval_model, self._validation)
        self.validated = result
        self._loader.seal()
        yield from self._data_alerts()
        self.inspector.evaluated = EvaluatedCells(self.epoch, result.classes, result.cells)
        yield confusion(result, self.epoch, self.step)
        yield from self._reporter.maps()
        yield self._epoch_ended(result, seconds)

    def _data_alerts(self) -> Iterator[Event]:
        """What the loaders of all ranks have to say about the data since the last call."""
        for sentence in itertools.chain(*self._rank.gather(self._loader.new_warnings())):
            yield events.Alert("warning", "data", sentence, step=self.step)
        notes = self._loader.new_notes() if self._rank.first_here else ()
        for sentence in itertools.chain(*self._rank.gather(notes)):
            yield events.Alert("warning", "cache", sentence, step=self.step)

    def _epoch_ended(
        self, result: EvaluationResult, evaluation_seconds: float
    ) -> events.EpochEnded:
        """Close the epoch: from here on a saved state says that it has ended."""
        train = self._learner.metrics.totals()  # a CPU-GPU sync, once per epoch
        epoch, seconds = self.epoch, self._timer.epoch_seconds
        lr = self.progress.rate(self.step - 1)
        best = self.progress.end_epoch(result)
        self._timer.epoch_seconds = 0.0
        self._learner.metrics.new_epoch()
        if self.sightings is not None:
            self.sightings.end_epoch()
        return events.EpochEnded(
            epoch=epoch,
            train_loss=measured(train.loss),
            train_top1=measured(train.top1),
            loss=measured(result.loss),
            top1=measured(result.top1),
            top5=UNSET if result.top5 is None else measured(result.top5),
            lr=lr,
            seconds=round(seconds, 3),
            evaluation_seconds=round(evaluation_seconds, 3),
            images_per_second=measured(train.images / max(seconds, 1e-9)),
            best=best,
            balanced=measured(balanced(result)) if self._recipe.class_weights else UNSET,
            left_out=len(result.cells) - len(result.counted),
            step=self.step,
        )

    @property
    def can_test(self) -> bool:
        """Whether the data set has test images, which are evaluated once, at the end."""
        return self._dataset.test is not None

    def test(self, weights: Mapping[str, Tensor]) -> Generator[Event | None, None, None]:
        """Evaluate these weights on the test images; the model that trains keeps its weights."""
        assert self._dataset.test is not None
        yield events.Phase("evaluating", note="test", step=self.step)
        model = independent_copy(self.eval_model)
        model.load_state_dict(weights)
        self.tested, _ = yield from self._evaluator.evaluate(model, self._dataset.test)
        yield from self._data_alerts()

    # Saving

    @property
    def is_finite(self) -> bool:
        """Whether all weights are finite. This waits for the device."""
        return self._learner.is_finite

    def take_back(self) -> bool:
        """Go back to the end of the last step, after a step that ran out of memory.

        Returns False where that step may have changed weights, and so nothing can be saved.
        """
        if not self._is_in_step:
            return True
        return not self._learner.is_updating and self._rewind.take_back()

    def state(self) -> TrainingState:
        """All that an exact resume needs. This waits for the device."""
        return self._parts.state()

    def moved_to_other_images(self, state: TrainingState, *, forget_best: bool) -> TrainingState:
        """The state at the end of its epoch, for a run that goes on with other images."""
        return self._parts.moved_to_other_images(state, forget_best=forget_best)

    def restore(self, state: TrainingState) -> None:
        """Go back to the step of `state`. Raises RunError where it belongs to another run."""
        self._parts.restore(state)
        if self._recorded is not None:
            self._recorded.forget()
        self._seed_follower()

    def _seed_follower(self) -> None:
        """Seed dropout differently on each follower; a checkpoint has the leader's random state."""
        if not self._rank.leads:
            torch.manual_seed(derive_seed(self._recipe.seed, self.step, self._rank.number))

    # Parts

    def _training_images(self) -> TrainingImages:
        sighted = None if self.sightings is None else self.sightings.logits
        return TrainingImages(self._dataset.train, sighted)

    def _new_sightings(self) -> Sightings:
        return Sightings(
            len(self._dataset.train),
            len(self._dataset.classes),
            self._device,
            self._rank,
            gathers=self._device.type == "cpu" and self._resolved.cuda_graph == "off",
        )

    def _new_evaluator(self, clock: Callable[[], float]) -> Evaluator:
        return Evaluator(
            self._loader,
            len(self._dataset.classes),
            self._evaluation_batch(),
            self._judge,
            clock,
            self._rank,
        )

    def _evaluation_batch(self) -> int:
        learned = -(-self._recipe.batch // self.parts)
        return devices.evaluation_batch(self._device, learned, self._dataset.train.shape)

    def _new_reporter(self, clock: Callable[[], float]) -> Reporter:
        learner = self._learner
        if not self._rank.leads:
            return SilentReporter(learner.metrics)
        classes = len(self._dataset.classes)
        return StepReporter(
            clock,
            self.progress,
            self._timer,
            learner.metrics,
            learner.guard,
            classes,
            self._read_maps,
        )

    def _read_maps(self) -> FeatureMapReading:
        return FeatureMapReading(
            self.eval_model,
            self._dataset.validation,
            self._loader.normalise,
            default_layers(self.eval_model),
            self._judge,
            self.step,
        )
