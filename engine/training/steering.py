"""What a person may change of a run that goes on: its rates and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine import text
from engine.errors import UsageError
from engine.protocol import commands
from engine.training import training_text


class Steering(NamedTuple):
    """All planned rates are multiplied by `factor`, over so many epochs."""

    factor: float
    epochs: int

    def steered(
        self, command: commands.Steer, epoch: int, planned_over: Callable[[int], float]
    ) -> Steering:
        """As the command wants it in this epoch.

        `planned_over` is the next step's rate by the schedule alone, over a total of epochs.
        Raises UsageError where the command asks for nothing, or for what cannot be.
        """
        _check(command, epoch)
        epochs = command.epochs or self.epochs
        planned = planned_over(epochs)
        factor = self.factor * (command.scale or 1.0)
        if command.lr is not None:
            if planned <= 0:
                raise UsageError(training_text.RATE_IS_NOUGHT)
            factor = command.lr / planned
        if not (factor > 0 and factor * planned <= commands.HIGHEST_RATE):
            raise UsageError(text.rate_out_of_range(commands.HIGHEST_RATE))
        return Steering(factor, epochs)


def _check(command: commands.Steer, epoch: int) -> None:
    rates = [rate for rate in (command.lr, command.scale) if rate is not None]
    if not rates and command.epochs is None:
        raise UsageError(training_text.STEERED_NOTHING)
    if not all(0 < rate <= commands.HIGHEST_RATE for rate in rates):
        raise UsageError(text.rate_out_of_range(commands.HIGHEST_RATE))
    if command.epochs is not None and command.epochs > commands.MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(commands.MOST_EPOCHS))
    if command.epochs is not None and command.epochs < epoch:
        raise UsageError(text.too_few_epochs(command.epochs, epoch))
