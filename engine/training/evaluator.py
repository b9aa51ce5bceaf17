"""Evaluates a model on images that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Generator

from torch import Tensor, nn

from engine.data.base.dataset import Split
from engine.data.loaders.loader_choice import Loader
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.training.metrics import Evaluation, EvaluationResult


class Evaluator:
    """Evaluates in batches of `batch` images over all ranks, in the precision of the training."""

    def __init__(
        self,
        loader: Loader,
        classes: int,
        batch: int,
        judge: Judge,
        clock: Callable[[], float],
        rank: Rank,
    ) -> None:
        self._loader, self._classes, self.batch = loader, classes, batch
        self._judge, self._clock, self._rank = judge, clock, rank

    def evaluate(
        self, model: nn.Module, images: Split
    ) -> Generator[None, None, tuple[EvaluationResult, float]]:
        """Evaluate these images; returns the result and the seconds; yields after each batch.

        The time between a yield and the next batch does not count.
        """
        began = self._clock()
        paused = 0.0
        evaluation = self._new_evaluation()
        self._rank.broadcast_buffers(model)
        self._rank.start_steps()
        for batch in self._loader.evaluation_batches(images, self.batch):
            self._add(model, evaluation, *batch)
            self._rank.receive_orders()
            left = self._clock()
            yield None
            paused += self._clock() - left
        result = evaluation.result()  # a CPU-GPU sync, once per epoch
        return result, self._clock() - began - paused

    def rehearse(self, model: nn.Module, images: Split) -> None:
        """Evaluate one batch, to see whether evaluation works."""
        batch = next(self._loader.evaluation_batches(images, self.batch))
        self._add(model, self._new_evaluation(), *batch)

    def _new_evaluation(self) -> Evaluation:
        return Evaluation(self._classes, self._judge.device, self._rank)

    def _add(
        self, model: nn.Module, evaluation: Evaluation, images: Tensor, labels: Tensor
    ) -> None:
        model.eval()
        # The last batch may have fewer images than there are ranks.
        if len(images):
            logits = self._judge.logits(model, images)
        else:
            logits = images.new_zeros(0, self._classes)
        evaluation.add(logits, labels)
