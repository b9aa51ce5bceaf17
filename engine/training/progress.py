"""The progress of a training, and the plan for the rest of it."""

from __future__ import annotations

from engine.checkpoints.run_state import Accuracy, Steering, TrainingState
from engine.errors import UsageError
from engine.protocol import commands, events
from engine.recipes import schedule
from engine.recipes.recipe import Recipe
from engine.recipes.schedule import Plateau
from engine.training import training_text
from engine.training.metrics import EvaluationResult
from engine.training.steering import steered


class Progress:
    """The completed steps and epochs, the best epoch, and the planned learning rates."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int) -> None:
        self._recipe, self.steps_per_epoch = recipe, steps_per_epoch
        self.step = 0
        self.ended_epochs = 0
        self.best = self.last = Accuracy()
        self.plateau = Plateau()
        # Whether the last epoch has ended: then nothing is left to steer.
        self.is_over = False
        self._steer_to(Steering(factor=1.0, epochs=recipe.epochs))

    @property
    def epoch(self) -> int:
        """The epoch that is being trained or evaluated, from 1."""
        return self.ended_epochs + 1

    @property
    def epoch_has_steps_left(self) -> bool:
        return self.step < self.epoch * self.steps_per_epoch

    @property
    def out_of_patience(self) -> bool:
        """Whether the validation accuracy has not risen for as many epochs as the recipe allows."""
        return 0 < self._recipe.patience <= self.ended_epochs - self.best.epoch

    def rate(self, step: int) -> float:
        """The learning rate of the step with this 0-based number."""
        return schedule.learning_rate(self.plan, step, self.plateau.factor, self.steering.factor)

    def end_epoch(self, result: EvaluationResult) -> bool:
        """Close the epoch with the result of its evaluation; returns whether it is the best."""
        self.last = Accuracy(top1=result.top1, epoch=self.epoch)
        is_best = result.top1 > self.best.top1
        if is_best:
            self.best = self.last
        if self._recipe.plateau:
            self.plateau = schedule.after_epoch(self.plateau, result.loss, self._recipe)
        self.ended_epochs += 1
        return is_best

    def steer(self, command: commands.Steer) -> events.Steered:
        """Change the rest of the run. Raises UsageError, and then changes nothing."""
        if self.is_over:
            raise UsageError(training_text.STEERED_TOO_LATE)
        self._steer_to(steered(self.steering, command, self.epoch, self._planned_rate))
        factor, epochs = self.steering.factor, self.steering.epochs
        return events.Steered(factor, epochs, self.rate(self.step), command.id, step=self.step)

    def restore(self, state: TrainingState) -> None:
        self.step, self.ended_epochs = state.step, state.ended_epochs
        self.best, self.last = state.best, state.last
        self.plateau = state.plateau
        self.is_over = False
        self._steer_to(state.steering)

    def _planned_rate(self, epochs: int) -> float:
        """The next step's learning rate by the schedule alone, for this total of epochs."""
        plan = schedule.plan(self._recipe, self.steps_per_epoch, epochs)
        return schedule.learning_rate(plan, self.step, self.plateau.factor)

    def _steer_to(self, steering: Steering) -> None:
        self.steering = steering
        self.plan = schedule.plan(self._recipe, self.steps_per_epoch, steering.epochs)
