"""The health of a model's layers in one training step: gradients, updates, activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.parametrize import is_parametrized
from torch.utils.hooks import RemovableHandle

from cnn_tui.compiling import is_compiling
from cnn_tui.leaf_modules import leaf_modules
from cnn_tui.model_copy import refuse_lazy_layers

# How many weights of a layer are compared before and after the step. They are enough for the ratio.
COMPARED_WEIGHTS = 65_536
# How many images' activations are measured. On a CPU, mean and standard deviation of more images
# would take longer than the layer itself.
MEASURED_IMAGES = 16
_RELUS = (nn.ReLU, nn.ReLU6)


class LayerHealth(NamedTuple):
    """One layer with weights in one training step. NaN stands for a number that was not measured.

    `gradient` is the L2 norm of the weights' gradient. `update` is the norm of the weights' change
    divided by the norm of the weights. `mean` and `deviation` are the mean and the standard
    deviation of the output. `dead` is the share of units (channels or features) for which the
    following ReLU is zero on the whole batch.
    """

    layer: str
    gradient: float
    update: float
    mean: float
    deviation: float
    dead: float


COLUMNS = len(LayerHealth._fields) - 1


class LayerHealthMeter:
    """Measures one training step, from before the forward pass to after the optimizer.

    Create a meter, run forward and backward, call `after_backward`, run the optimizer, call
    `after_step`. The meter never waits for the device: `table` stays there. It measures activations
    by hooks, which a compiled forward pass does not call. Before such a pass, run the uncompiled
    model once, then call `remove_hooks`. Between passes that add up their gradients, call
    `another_pass`. Passes in evaluation mode do not count, so that a
    validation may come between. A layer whose forward pass was not seen has a gradient alone.
    """

    def __init__(self, model: nn.Module) -> None:
        """Raises ValueError if the model has lazy layers that have seen no data."""
        refuse_lazy_layers(model)
        self._model = model
        self._weights = dict(_weights(model))
        self._before = {name: _sample(weight).clone() for name, weight in self._weights.items()}
        # Mean and standard deviation by layer, in the order of computation.
        self._outputs: dict[str, tuple[Tensor, Tensor]] = {}
        # The largest output of each unit after a ReLU, by layer: in this pass, and in those before.
        self._largest: dict[str, Tensor] = {}
        self._largest_before: dict[str, Tensor] = {}
        self._is_first_pass, self._latest = True, ""
        self._gradients: dict[str, Tensor] = {}
        self._parameters = list(model.parameters())
        # The norm of the whole gradient, () float32 on the device; set by `after_backward`.
        self.gradient_norm: Tensor | None = None
        # (layers, COLUMNS) float32 on the device, in the order of `layers`; set by `after_step`.
        self.table = torch.zeros(0, COLUMNS, device=next(model.parameters(), torch.empty(0)).device)
        self._hooks = list(self._add_hooks(model))

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the measured layers, in the order of computation as far as it is known."""
        return (*self._outputs, *(name for name in self._gradients if name not in self._outputs))

    @property
    def saw_forward(self) -> bool:
        """Whether a forward pass was measured; the hooks do not see one of compiled code."""
        return bool(self._outputs)

    def _add_hooks(self, model: nn.Module) -> Iterator[RemovableHandle]:
        for name, module in model.named_modules():
            if name in self._weights:
                yield module.register_forward_hook(self._measure(name))
            elif isinstance(module, _RELUS):
                yield module.register_forward_hook(self._count_dead)

    def _measure(self, name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def measure(module: nn.Module, inputs: object, output: Tensor) -> None:
            if not self._counts():
                return
            if self._is_first_pass:
                # Read the output now, because an in-place activation may overwrite it.
                measured = output.detach()[:MEASURED_IMAGES].float()
                self._outputs[name] = _mean_and_deviation(measured)
            # Batch norm only scales: dead units after it belong to the layer before it.
            if not isinstance(module, _BatchNorm):
                self._latest = name

        return measure

    def _count_dead(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        if self._latest and self._counts():
            # In float32, because bfloat16 takes fifteen times as long on a CPU.
            units = output.detach().float().amax([d for d in range(output.ndim) if d != 1])
            self._largest[self._latest] = units

    def _counts(self) -> bool:
        """Whether this pass is one of training.

        A compiler that looks at a hook finds no work in it, and so leaves none in its graph.
        """
        return not is_compiling() and self._model.training

    def another_pass(self) -> None:
        """Note that the batch of this step goes on in another forward pass.

        Means and deviations are those of the first pass. A unit is dead if it is so in all passes.
        """
        self._largest_before, self._largest = self._largest_so_far(), {}
        self._is_first_pass, self._latest = False, ""

    def _largest_so_far(self) -> dict[str, Tensor]:
        before = self._largest_before
        return before | {
            name: torch.maximum(units, before[name]) if name in before else units
            for name, units in self._largest.items()
        }

    def remove_hooks(self) -> None:
        """Stop measuring activations."""
        for hook in self._hooks:
            hook.remove()

    def after_backward(self, scale: Tensor | None = None) -> None:
        """`scale` is what the gradients are multiplied with, if the optimizer divides by it."""
        self.remove_hooks()
        for name, weight in self._weights.items():
            if weight.grad is not None:
                self._gradients[name] = _norm(weight.grad, scale)
        norms = [_norm(one.grad, scale) for one in self._parameters if one.grad is not None]
        if norms:
            self.gradient_norm = torch.stack(norms).float().norm()

    def after_skipped_step(self) -> None:
        """Finish the table after a forward pass without backward pass and update.

        Measures only the activations. Replaces `after_backward` and `after_step`.
        """
        self.remove_hooks()
        self.after_step()

    @torch.no_grad()
    def after_step(self) -> None:
        dead = {k: (units <= 0).float().mean() for k, units in self._largest_so_far().items()}
        rows = [self._row(name, dead) for name in self.layers]
        if rows:
            self.table = torch.stack(rows)
        self._before.clear()

    def _row(self, name: str, dead: Mapping[str, Tensor]) -> Tensor:
        unmeasured = torch.full((), math.nan, device=self.table.device)
        mean, deviation = self._outputs.get(name, (unmeasured, unmeasured))
        gradient = self._gradients.get(name, unmeasured)
        update = self._update(name) if name in self._gradients else unmeasured
        row = (gradient, update, mean, deviation, dead.get(name, unmeasured))
        return torch.stack([value.float() for value in row])

    def _update(self, name: str) -> Tensor:
        before, after = self._before[name].float(), _sample(self._weights[name]).float()
        return _ratio((after - before).norm(), before, after)


def layer_health(layers: tuple[str, ...], table: Tensor) -> list[LayerHealth]:
    """The rows of a meter's table. The table must be on the CPU."""
    return [LayerHealth(name, *row) for name, row in zip(layers, table.tolist())]


def _weights(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The weights of the leaf modules, by the module's name."""
    for name, module in leaf_modules(model):
        weight = _trained_weight(module)
        if isinstance(weight, nn.Parameter):
            yield name, weight


def _trained_weight(module: nn.Module) -> object:
    """A layer's weight, or the largest of the parameters that a parametrized one comes from."""
    if is_parametrized(module, "weight"):
        # Not the weight itself: computing it may change the layer, as in a spectral norm.
        sources = module.get_submodule("parametrizations.weight").parameters()
        return max(sources, key=Tensor.numel, default=None)
    return getattr(module, "weight", None)


def _sample(weight: nn.Parameter) -> Tensor:
    """The first rows of a weight, about `COMPARED_WEIGHTS` values."""
    rows = max(1, COMPARED_WEIGHTS * len(weight) // max(1, weight.numel()))
    return weight.detach()[:rows]


def _norm(gradient: Tensor, scale: Tensor | None) -> Tensor:
    norm: Tensor = (gradient.coalesce().values() if gradient.is_sparse else gradient).norm()
    return norm if scale is None else norm / scale


def _ratio(change: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """The norm of a change divided by the norm of the weights before it.

    If all weights were zero, as in a batch norm whose scale starts at zero, the divisor is the norm
    of the weights after the change. The ratio is then 1 if they moved, and 0 if not.
    """
    norm = before.norm()
    norm = torch.where(norm > 0, norm, after.norm())
    return change / norm.clamp_min(torch.finfo(torch.float32).tiny)


def _mean_and_deviation(values: Tensor) -> tuple[Tensor, Tensor]:
    """The same numbers as `torch.std_mean`, which takes fifteen times as long on a CPU."""
    mean = values.mean()
    return mean, torch.linalg.vector_norm(values - mean) / math.sqrt(max(1, values.numel() - 1))
