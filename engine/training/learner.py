"""The computation of one training step, launched kernel by kernel or recorded as a CUDA graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.layer_health import LayerHealthMeter
from cnn_tui.untouched import untouched
from engine.checkpoints.run_state import Weights, weights_of
from engine.data.base.batch import Batch
from engine.devices import forward_pass
from engine.distributed.rank import Rank
from engine.recipes.recipe import Recipe, Resolved
from engine.training import optimizers
from engine.training.ema import WeightEma
from engine.training.loss import Judged, OutputLoss, cross_entropy, of_parts
from engine.training.metrics import RunningMetrics
from engine.training.non_finite_guard import NonFiniteGuard
from engine.training.sightings import Sightings


class Learner:
    """A model on its device, with its optimisers, EMA, metrics and non-finite guard.

    It learns from each batch in `parts`, one after the other, whose gradients add up to those of
    the batch: only the activations of one part are in memory. Batch norm sees each part alone.
    """

    def __init__(
        self,
        recipe: Recipe,
        resolved: Resolved,
        device: torch.device,
        class_counts: Sequence[int],
        model: nn.Module,
        rank: Rank,
        sightings: Sightings | None = None,
    ) -> None:
        self._clip, self._precision, self._device = recipe.clip, resolved.precision, device
        self._rank, self.parts = rank, resolved.accumulate
        self.model = forward_pass.placed(model, device, resolved.memory_format)
        # The model, or DistributedDataParallel around it; `_network` may be its compiled version.
        self._eager = rank.data_parallel(self.model, freezes=recipe.freeze > 0)
        self._network: Callable[[Tensor], object] = self._eager
        dtype = forward_pass.PRECISIONS[resolved.precision]
        self._optimizers = optimizers.optimizers(recipe, self.model, device, dtype)
        self._ema = WeightEma(self.model, recipe.ema) if recipe.ema else None
        self._loss = cross_entropy(recipe, class_counts, device)
        # A mask of an attention layer may hold infinity for good.
        self._begun_finite = self._finite_weights()
        # Whether some weights may be those of the next step already.
        self.is_updating = False
        self.guard = NonFiniteGuard(self.model, device, rank)
        self.metrics = RunningMetrics(device, rank)
        self._sightings = sightings

    @property
    def eval_model(self) -> nn.Module:
        """The model that is validated and inspected: the EMA, where one is kept."""
        return self.model if self._ema is None else self._ema.model

    def compile(self, batch: Batch) -> None:
        """Compile the forward and the backward pass, which may take minutes; changes no weights.

        Raises whatever the compiler raises.
        """
        network = forward_pass.compiled(self._eager)
        parts = batch.parts(self.parts)
        with untouched(self.model, self._device):
            for part in parts:
                with self._sharing(part is parts[-1]):
                    self._forward(part, network).total.backward()  # type: ignore[no-untyped-call]
        self.model.zero_grad(set_to_none=True)
        self._network = network

    def learn(self, batch: Batch, step: int, meter: LayerHealthMeter | None = None) -> Tensor:
        """Take step number `step` (from 1), unless the loss of a part would break the weights.

        Returns the logits (N, classes), of a step that breaks those up to its broken part. A CUDA
        graph records exactly this method. On a GPU it waits for nothing.
        """
        judged: list[Judged] = []
        parts = batch.parts(self.parts)
        for part in parts:
            if meter is not None and judged:
                meter.another_pass()
            with self._sharing(part is parts[-1]):
                output = self._forward(part, self._network)
                judged.append(output.judged)
                if self.guard.is_broken(output.total):
                    self.guard.keep(part, output.total, step)
                    if meter is not None:
                        meter.after_skipped_step()
                    break
                if len(judged) == 1:
                    self.model.zero_grad(set_to_none=True)
                self._backward(output.total, part, batch)
        else:
            self._update_weights(meter)
        loss, logits = of_parts(judged)
        judged_part = batch.first(len(logits))
        hits = self.metrics.add(loss, logits, judged_part.dominant)
        if self._sightings is not None:
            self._sightings.add(judged_part, logits, hits)
        return logits

    def after_step(self, step: int, images: int) -> None:
        """Count this rank's `images` and update the EMA, outside of the recording.

        After each step, or after several without an EMA.
        """
        self.is_updating = False
        self.metrics.count(images)
        if self._ema is not None:
            self._ema.update(step)

    @property
    def keeps_ema(self) -> bool:
        return self._ema is not None

    def set_rate(self, lr: float | Tensor) -> None:
        optimizers.set_rate(self._optimizers, lr)

    def health_meter(self, batch: Batch) -> LayerHealthMeter:
        """A meter of the layers' health in the step that learns from this batch."""
        meter = LayerHealthMeter(self.model)
        if self._network is not self._eager:  # hooks do not run in compiled passes
            for number, part in enumerate(batch.parts(self.parts)):
                if number:
                    meter.another_pass()
                self._forward_eagerly(part.images)
            meter.remove_hooks()
        return meter

    def _sharing(self, is_last: bool) -> AbstractContextManager[object]:
        """The passes of a part: those of the last one share the gradients between the ranks."""
        return contextlib.nullcontext() if is_last else self._rank.unshared(self._eager)

    def _forward(self, batch: Batch, network: Callable[[Tensor], object]) -> OutputLoss:
        with forward_pass.autocast(self._device, self._precision):
            output = network(batch.images)
        return self._loss.of_output(output, batch)

    def _backward(self, loss: Tensor, part: Batch, batch: Batch) -> None:
        """Add the gradients of the mean loss of a part, in its share of the batch."""
        if part is not batch:
            loss = loss * (len(part.labels) / len(batch.labels))
        loss.backward()  # type: ignore[no-untyped-call]

    def _update_weights(self, meter: LayerHealthMeter | None) -> None:
        if meter is not None:
            meter.after_backward()
        self.is_updating = True
        if self._clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self._clip)
        for optimizer in self._optimizers:
            optimizer.step()
        if meter is not None:
            meter.after_step()

    def _forward_eagerly(self, images: Tensor) -> None:
        """Run the model's hooks on these images; changes nothing in the model."""
        with (
            untouched(self.model, self._device),
            torch.no_grad(),
            forward_pass.autocast(self._device, self._precision),
        ):
            self.model(images)

    # Saving

    @property
    def is_finite(self) -> bool:
        """Whether all weights are finite that began so. This waits for the device."""
        return self._begun_finite <= self._finite_weights()

    def _finite_weights(self) -> set[str]:
        """The names of the finite weights. This waits for the device."""
        weights = {
            k: each for k, each in self.model.state_dict().items() if each.is_floating_point()
        }
        finite = [each.isfinite().all() for each in weights.values()]
        found = torch.stack(finite).tolist() if finite else []
        return {name for name, is_finite in zip(weights, found, strict=True) if is_finite}

    @property
    def trained_weights(self) -> Weights | None:
        """The weights that the optimisers update; None where they are also the validated ones."""
        return None if self._ema is None else weights_of(self.model)

    def optimizer_states(self) -> list[dict[str, Any]]:
        return [optimizer.state_dict() for optimizer in self._optimizers]

    def restore(
        self, weights: Weights, trained: Weights | None, states: Sequence[dict[str, Any]]
    ) -> None:
        """Load the validated weights, the trained ones where they differ, and optimiser states."""
        self.eval_model.load_state_dict(weights)
        if self._ema is not None:
            self.model.load_state_dict(trained or weights)
        optimizers.restore(self._optimizers, states)
        self.guard.forget()
        self.is_updating = False
