"""The progress of a training, and the plan for the rest of it."""

from __future__ import annotations

from engine.checkpoints.run_state import Accuracy, TrainingState
from engine.errors import UsageError
from engine.protocol import commands, events
from engine.recipes import schedule
from engine.recipes.recipe import Recipe
from engine.recipes.schedule import Plateau, Steering
from engine.recipes.steering import Change, Position, steered
from engine.training import training_text
from engine.training.metrics import EvaluationResult


class Progress:
    """The completed steps and epochs, the best epoch, and the planned learning rates."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int) -> None:
        self._recipe, self.steps_per_epoch = recipe, steps_per_epoch
        self.step = 0
        self.ended_epochs = 0
        self.best = self.last = Accuracy()
        self.plateau = Plateau()
        # Patience counts the epochs since the best one, or since this one if it is later.
        self.patient_since = 0
        # Whether the last epoch has ended: then nothing is left to steer.
        self.is_over = False
        self.steer_to(Steering(epochs=recipe.epochs))

    @property
    def epoch(self) -> int:
        """The epoch that is being trained or evaluated, from 1."""
        return self.ended_epochs + 1

    @property
    def steps_left_in_epoch(self) -> int:
        return self.epoch * self.steps_per_epoch - self.step

    @property
    def out_of_patience(self) -> bool:
        """Whether the validation accuracy has not risen for as many epochs as the recipe allows."""
        since = max(self.best.epoch, self.patient_since)
        return 0 < self._recipe.patience <= self.ended_epochs - since

    @property
    def ended_early(self) -> bool:
        """Whether patience has ended the run before its last epoch."""
        return self.is_over and self.ended_epochs < self.steering.epochs

    def rate(self, step: int) -> float:
        """The learning rate of the step with this 0-based number."""
        return schedule.learning_rate(self.plan, step, self.plateau.factor)

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
        change = Change(command.lr, command.scale, command.epochs, command.sure)
        self.steer_to(steered(self._position, self.steering, change))
        return self.steered(command.id)

    def steered(self, command: str = "") -> events.Steered:
        """The event for the steering in force; `command` is the id of its command."""
        at, now = self._position, self.steering
        return events.Steered(
            at.factor(now), now.epochs, at.rate(now), command, now.factor, now.asked, step=at.step
        )

    def restart_patience(self) -> None:
        """Count the epochs without a better accuracy from here on."""
        self.patient_since = self.ended_epochs

    def restore(self, state: TrainingState) -> None:
        self.step, self.ended_epochs = state.step, state.ended_epochs
        self.best, self.last = state.best, state.last
        self.plateau, self.patient_since = state.plateau, state.patient_since
        self.is_over = False
        self.steer_to(state.steering)

    @property
    def _position(self) -> Position:
        return Position(
            self._recipe, self.steps_per_epoch, self.epoch, self.step, self.plateau.factor
        )

    def steer_to(self, steering: Steering) -> None:
        self.steering = steering
        self.plan = schedule.plan(self._recipe, self.steps_per_epoch, steering)
