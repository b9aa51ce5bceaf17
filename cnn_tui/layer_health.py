"""How the layers of a model fare in one training step: gradients, updates, activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.hooks import RemovableHandle

# The weights of a layer that are compared before and after the step: enough for the ratio.
COMPARED_WEIGHTS = 65_536
# The images whose activations are measured: on a CPU, mean and standard deviation take longer than
# the layer itself.
MEASURED_IMAGES = 16
_RELUS = (nn.ReLU, nn.ReLU6)


class LayerHealth(NamedTuple):
    """One layer with weights in one training step; NaN stands for what was not measured.

    `gradient` is the L2 norm of the weights' gradient, `update` the norm of their change over their
    own norm, `mean` and `deviation` are those of the output. `dead` is the share of units, channels
    or features, that the ReLU after the layer passes on for no image of the batch.
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

    Make a meter, run forward and backward, call `after_backward`, run the optimizer, call
    `after_step`. The device does not wait: `table` stays on it. The meter measures activations by
    hooks, and a compiled forward pass does not call them. Before such a pass run one of the model
    itself, then call `remove_hooks`.
    """

    def __init__(self, model: nn.Module) -> None:
        self._weights = dict(_weights(model))
        self._before = {name: _sample(weight).clone() for name, weight in self._weights.items()}
        # Mean and standard deviation by layer, in the order of computation.
        self._outputs: dict[str, tuple[Tensor, Tensor]] = {}
        self._dead: dict[str, Tensor] = {}
        self._latest = ""
        self._gradients: dict[str, Tensor] = {}
        self._parameters = list(model.parameters())
        # The norm of the whole gradient, () float32 on the device; set by `after_backward`.
        self.gradient_norm: Tensor | None = None
        # (layers, COLUMNS) float32 on the device, in the order of `layers`; set by `after_step`.
        self.table = torch.zeros(0, COLUMNS, device=next(model.parameters(), torch.empty(0)).device)
        self._hooks = list(self._add_hooks(model))

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the measured layers, in the order of computation."""
        return tuple(self._outputs)

    def _add_hooks(self, model: nn.Module) -> Iterator[RemovableHandle]:
        for name, module in model.named_modules():
            if name in self._weights:
                yield module.register_forward_hook(self._measure(name))
            elif isinstance(module, _RELUS):
                yield module.register_forward_hook(self._count_dead)

    def _measure(self, name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def measure(module: nn.Module, inputs: object, output: Tensor) -> None:
            # Now, because an in-place activation may overwrite the output.
            self._outputs[name] = _mean_and_deviation(output.detach()[:MEASURED_IMAGES].float())
            # Batch norm only scales: the dead units after it are those of the layer before it.
            if not isinstance(module, _BatchNorm):
                self._latest = name

        return measure

    def _count_dead(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        if self._latest:
            # In float32: bfloat16 takes fifteen times as long on a CPU.
            units = output.detach().float().amax([d for d in range(output.ndim) if d != 1])
            self._dead[self._latest] = (units <= 0).float().mean()

    def remove_hooks(self) -> None:
        """Measure no more activations."""
        for hook in self._hooks:
            hook.remove()

    def after_backward(self) -> None:
        self.remove_hooks()
        for name in self._outputs:
            gradient = self._weights[name].grad
            if gradient is not None:
                self._gradients[name] = gradient.norm()
        norms = [weight.grad.norm() for weight in self._parameters if weight.grad is not None]
        if norms:
            self.gradient_norm = torch.stack(norms).float().norm()

    def after_skipped_step(self) -> None:
        """Close the table after a forward pass that no backward pass and no update followed.

        Only the activations are measured. Replaces `after_backward` and `after_step`.
        """
        self.remove_hooks()
        self.after_step()

    @torch.no_grad()
    def after_step(self) -> None:
        rows = [self._row(name) for name in self._outputs]
        if rows:
            self.table = torch.stack(rows)
        self._before.clear()

    def _row(self, name: str) -> Tensor:
        mean, deviation = self._outputs[name]
        unmeasured = torch.full_like(mean, math.nan)
        gradient = self._gradients.get(name, unmeasured)
        update = self._update(name) if name in self._gradients else unmeasured
        row = (gradient, update, mean, deviation, self._dead.get(name, unmeasured))
        return torch.stack([value.float() for value in row])

    def _update(self, name: str) -> Tensor:
        before, after = self._before[name].float(), _sample(self._weights[name]).float()
        return _ratio((after - before).norm(), before, after)


def layer_health(layers: tuple[str, ...], table: Tensor) -> list[LayerHealth]:
    """The rows of a meter's table, which is on the CPU."""
    return [LayerHealth(name, *row) for name, row in zip(layers, table.tolist())]


def _weights(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The weights of the leaf modules, by the module's name."""
    for name, module in model.named_modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, nn.Parameter) and not list(module.children()):
            yield name, weight


def _sample(weight: nn.Parameter) -> Tensor:
    """The first rows of a weight, enough to judge it by."""
    rows = max(1, COMPARED_WEIGHTS * len(weight) // max(1, weight.numel()))
    return weight.detach()[:rows]


def _ratio(change: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """The norm of a change over the norm of the weights before it.

    Weights that were zero are compared with the weights after it. The ratio is then 1 if they
    moved, as in a batch norm whose scale starts at zero, and 0 if not.
    """
    norm = before.norm()
    norm = torch.where(norm > 0, norm, after.norm())
    return change / norm.clamp_min(torch.finfo(torch.float32).tiny)


def _mean_and_deviation(values: Tensor) -> tuple[Tensor, Tensor]:
    """As `torch.std_mean`, which takes fifteen times as long on a CPU."""
    mean = values.mean()
    return mean, torch.linalg.vector_norm(values - mean) / math.sqrt(max(1, values.numel() - 1))
