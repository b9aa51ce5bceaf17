"""What a report on the layers means: which of them vanish, explode or are dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from engine.protocol.events import Health, LayerHealth, Measured

Trouble: TypeAlias = Literal["", "vanishing", "dead", "exploding"]

# A layer whose gradient is this share of the usual one learns a thousand times more slowly under
# SGD. The usual one is that which a quarter of the layers exceed: where most vanish, the median
# has vanished too (Glorot and Bengio 2010, figure 7, show how they fall layer by layer).
FAR_BELOW = 1e-3
USUAL = 0.75
# Times a rate of 0.1 this is less than float32 can add to a weight of 0.001.
NOTHING = 1e-9
# An optimiser that scales each update, as Adam does, makes up for a small gradient: then the
# weights move about as much as those of the other layers. Weight decay alone moves them less.
MADE_UP = 0.1
# The gradient of the cross-entropy at the logits is at most √2 long: a norm of a thousand takes
# activations of that size, or a product of layers that each enlarge it (Pascanu et al. 2013).
HUGE_GRADIENT = 1e3
# A sound step changes weights by a thousandth of their norm or so (Karpathy, CS231n); one longer
# than the weights themselves leaves nothing of what they were.
HUGE_UPDATE = 1.0
# CS231n warns of 40 % dead units where the rate is too high; this is in good time before that.
DEAD = 0.3

SEVERITY: tuple[Trouble, ...] = ("", "vanishing", "dead", "exploding")


class Found(NamedTuple):
    """How one layer, or several together, fare, and what is wrong with them."""

    health: Health
    trouble: Trouble = ""


class Checkup:
    """A report on the layers, judged; `found` holds them by name."""

    def __init__(self, report: LayerHealth | None) -> None:
        layers = report.layers if report else ()
        wrong = troubles(layers)
        self.found: Mapping[str, Found] = {
            layer.layer: Found(layer, wrong[layer.layer]) for layer in layers
        }

    def __bool__(self) -> bool:
        return bool(self.found)

    def of(self, names: Iterable[str]) -> list[Found]:
        """What was found of these layers; those without weights are in no report."""
        return [self.found[name] for name in names if name in self.found]


def troubles(layers: Sequence[Health]) -> dict[str, Trouble]:
    """What is wrong with each layer, by name; empty where nothing is."""
    gradient = _usual(layer.gradient for layer in layers)
    update = _usual(layer.update for layer in layers)
    return {layer.layer: _trouble(layer, gradient, update) for layer in layers}


def frozen(layer: Health) -> bool:
    """Whether the layer computes but does not learn."""
    activations = layer.mean is not None and layer.deviation is not None
    return activations and layer.gradient is None and layer.update is None


def together(found: Sequence[Found]) -> Found | None:
    """Several layers as one: the worst of each number, the activations of the last layer.

    Where something is wrong, gradient and update are those of the layer that has it worst; else
    they are the smallest gradient and the largest update. None where there are no layers.
    """
    if not found:
        return None
    worst = max(found, key=lambda one: SEVERITY.index(one.trouble))
    gradients = _measured(one.health.gradient for one in found)
    updates = _measured(one.health.update for one in found)
    last = found[-1].health
    health = Health(
        last.layer,
        worst.health.gradient if worst.trouble else min(gradients, default=None),
        worst.health.update if worst.trouble else max(updates, default=None),
        last.mean,
        last.deviation,
        max(_measured(one.health.dead for one in found), default=None),
    )
    return Found(health, worst.trouble)


def _trouble(layer: Health, usual_gradient: float, usual_update: float) -> Trouble:
    if _explodes(layer):
        return "exploding"
    if layer.dead is not None and layer.dead > DEAD:
        return "dead"
    if layer.gradient is None or layer.update is None:
        return ""
    little = max(NOTHING, FAR_BELOW * usual_gradient)
    made_up = layer.update >= MADE_UP * usual_update > 0
    return "vanishing" if layer.gradient < little and not made_up else ""


def _explodes(layer: Health) -> bool:
    if frozen(layer):
        return False
    if None in (layer.gradient, layer.update, layer.mean, layer.deviation):
        return True
    return (layer.gradient or 0.0) > HUGE_GRADIENT or (layer.update or 0.0) > HUGE_UPDATE


def _usual(values: Iterable[Measured]) -> float:
    """The value that a quarter of the measured ones exceed; 0 without any."""
    ordered = sorted(_measured(values))
    return ordered[int(USUAL * (len(ordered) - 1))] if ordered else 0.0


def _measured(values: Iterable[Measured]) -> list[float]:
    return [value for value in values if value is not None]
