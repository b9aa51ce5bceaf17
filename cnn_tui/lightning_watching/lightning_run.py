"""A run whose epochs and steps a Lightning trainer counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from cnn_tui.evaluated_cells import EvaluatedCells, accuracy
from cnn_tui.watching.watched_run import WatchedRun


class LightningRun(WatchedRun):
    """Steps are those of `trainer.global_step`: steps of optimizers, not batches."""

    def begin_epoch(self, step: int, ended_epochs: int, steps_per_epoch: int | None) -> None:
        """An epoch begins, of so many steps if the trainer knows it."""
        self._script.drives_epochs = self._script.drives_batches = True
        self._length.tell(steps_per_epoch)
        self.begin(step, ended_epochs)

    def other_ranks_save(self, save: Callable[[], object]) -> None:
        """A trainer saves on all ranks together."""
        self._script.on_other_ranks = save

    def batch_arrived(self, batch: Any, waited: float) -> None:
        """A batch is there after a wait in seconds."""
        self.arrived(batch, waited)
        self._script.trained_batch = batch

    @property
    def planned_epochs(self) -> int | None:
        """The total, which a viewer may change."""
        return self._script.epochs

    def batch_ended(
        self, step: int, loss: Any, logits: Tensor | None = None, labels: Tensor | None = None
    ) -> None:
        """A batch was trained on, and `step` steps are done; it need not have ended one of them."""
        script = self._script
        script.batch += 1
        if step > script.step:
            script.step = step - 1
            self.step(loss=loss, logits=logits, labels=labels)
        else:
            self._measure(loss, logits, labels)

    def validation_began(self) -> None:
        self._times.interrupt()
        self._model.enter("evaluating")

    def validation_ended(self) -> None:
        self._model.enter("training")
        self._times.begin()

    def validated(self, results: Mapping[str, float], scalars: Mapping[str, float]) -> None:
        """Tell the results of a validation within an epoch."""
        script = self._script
        event = {"type": "EpochEnded", "step": script.step, "epoch": script.epoch}
        event.update((name[len("val_") :], value) for name, value in results.items())
        self._channel.send({**event, "scalars": dict(scalars), "best": script.is_best(event)})

    def judged(self, loader: Any, cells: Tensor, classes: int) -> float | None:
        """Tell the confusion of a validation; returns the accuracy. Waits for the device.

        That is None where no image counts, since no label is a class.
        """
        evaluated = EvaluatedCells(self._script.epoch, classes, cells.cpu())
        self._model.note_cells(loader, evaluated)
        return accuracy(cells, classes)

    def epoch_ended(
        self,
        results: Mapping[str, float],
        logged: Mapping[str, float],
        scalars: Mapping[str, float],
    ) -> None:
        """End an epoch; `logged` are numbers of the training that the steps did not measure."""
        self._tell_epoch(results, scalars, logged=logged)
