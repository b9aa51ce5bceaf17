"""What a person may change while a run trains: its learning rates and its end."""

from __future__ import annotations

from collections.abc import Callable

from engine import text
from engine.checkpoints.run_state import Steering
from engine.errors import UsageError
from engine.protocol import commands
from engine.recipes.recipe import HIGHEST_RATE, MOST_EPOCHS
from engine.training import training_text


def steered(
    before: Steering, command: commands.Steer, epoch: int, planned_rate: Callable[[int], float]
) -> Steering:
    """The steering that the command asks for in this epoch.

    `planned_rate` is the next step's rate by the schedule alone, given a total of epochs. Raises
    UsageError where the command asks for nothing, or for something out of range.
    """
    _check(command, epoch)
    epochs = command.epochs or before.epochs
    planned = planned_rate(epochs)
    factor = before.factor * (command.scale or 1.0)
    if command.lr is not None:
        if planned <= 0:
            raise UsageError(training_text.PLANNED_RATE_IS_ZERO)
        factor = command.lr / planned
    if not (factor > 0 and factor * planned <= HIGHEST_RATE):
        raise UsageError(text.rate_out_of_range(HIGHEST_RATE))
    return Steering(factor=factor, epochs=epochs)


def _check(command: commands.Steer, epoch: int) -> None:
    rates = [rate for rate in (command.lr, command.scale) if rate is not None]
    if not rates and command.epochs is None:
        raise UsageError(training_text.STEERED_NOTHING)
    if not all(0 < rate <= HIGHEST_RATE for rate in rates):
        raise UsageError(text.rate_out_of_range(HIGHEST_RATE))
    if command.epochs is not None and command.epochs > MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(MOST_EPOCHS))
    if command.epochs is not None and command.epochs < epoch:
        raise UsageError(text.too_few_epochs(command.epochs, epoch))
