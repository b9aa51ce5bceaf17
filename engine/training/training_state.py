"""Collects the state of a training for a checkpoint, and restores it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from msgspec.structs import replace

from engine.checkpoints.run_state import (
    Accuracy,
    EpochSums,
    RunShape,
    TrainingState,
    weights_of,
)
from engine.devices import device as devices
from engine.errors import RunError
from engine.recipes.steering import moved_to_epochs_of
from engine.training import training_text
from engine.training.learner import Learner
from engine.training.progress import Progress
from engine.training.sightings import Sightings
from engine.training.step_timer import StepTimer


class StatefulParts(NamedTuple):
    """The parts of a training that an exact resume depends on."""

    shape: RunShape
    progress: Progress
    learner: Learner
    sightings: Sightings | None
    timer: StepTimer
    device: torch.device

    def state(self) -> TrainingState:
        """All that an exact resume needs. This waits for the device."""
        progress, learner = self.progress, self.learner
        return TrainingState(
            shape=self.shape,
            step=progress.step,
            ended_epochs=progress.ended_epochs,
            best=progress.best,
            last=progress.last,
            weights=weights_of(learner.eval_model),
            trained_weights=learner.trained_weights,
            optimizers=learner.optimizer_states(),
            steering=progress.steering,
            plateau=progress.plateau,
            epoch=EpochSums(
                sums=learner.metrics.epoch_sums(),
                images=learner.metrics.epoch_images,
                seconds=self.timer.epoch_seconds,
            ),
            random=devices.random_state(self.device),
            patient_since=progress.patient_since,
            sightings=None if self.sightings is None else self.sightings.state(),
        )

    def moved_to_other_images(self, state: TrainingState, *, forget_best: bool) -> TrainingState:
        """The state at the end of its epoch, for a run that goes on with other images.

        `forget_best` drops the best epoch: its accuracy belongs to other validation images.
        """
        then, now = state.shape.steps_per_epoch, self.shape.steps_per_epoch
        moved = replace(
            state,
            shape=replace(self.shape, classes=state.shape.classes),
            step=-(-state.step // then) * now,
            steering=moved_to_epochs_of(now, then, state.steering),
            sightings=None,
        )
        if not forget_best:
            return moved
        forgotten = Accuracy()
        return replace(moved, best=forgotten, last=forgotten, patient_since=state.ended_epochs)

    def restore(self, state: TrainingState) -> None:
        """Go back to the step of `state`.

        Raises RunError where the data or the batch differs, since the steps would not be those of
        that run.
        """
        if state.shape != self.shape:
            raise RunError(training_text.other_shape(state.shape, self.shape))
        self.learner.restore(state.weights, state.trained_weights, state.optimizers)
        self.learner.metrics.restore(state.epoch.sums, state.epoch.images)
        self.progress.restore(state)
        if self.sightings is not None:
            self.sightings.restore(state.sightings, self.progress.epoch)
        self.timer.epoch_seconds = state.epoch.seconds
        devices.set_random_state(self.device, state.random)
