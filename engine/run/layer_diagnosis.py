"""Diagnoses a report on the layers: which gradients vanish or explode, which layers are dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from engine.protocol.events import Health, LayerHealth, Measured

Problem: TypeAlias = Literal["", "vanishing", "dead", "exploding"]

# Under SGD, a layer with this share of the usual gradient learns a thousand times more slowly. The
# usual gradient is the upper quartile over the layers: if most gradients vanish, so does the median
# (Glorot and Bengio 2010, figure 7, show how gradients fall from layer to layer).
FAR_BELOW = 1e-3
USUAL = 0.75
# Times a learning rate of 0.1, this is less than float32 can add to a weight of 0.001.
NOTHING = 1e-9
# An optimiser that scales each update, such as Adam, compensates for a small gradient: the weights
# move about as much as those of other layers. Weight decay alone moves them less than this share.
COMPENSATED = 0.1
# The gradient of the cross-entropy at the logits has a norm of at most √2. A norm of a thousand
# comes from activations of that size, or from layers that each enlarge it (Pascanu et al. 2013).
HUGE_GRADIENT = 1e3
# A good step changes weights by about a thousandth of their norm (Karpathy, CS231n). A step longer
# than the weights overwrites them.
HUGE_UPDATE = 1.0
# CS231n warns that 40 % of the units may die if the learning rate is too high; this warns earlier.
DEAD = 0.3

SEVERITY: tuple[Problem, ...] = ("", "vanishing", "dead", "exploding")


class Verdict(NamedTuple):
    """The numbers of one layer, or of several layers combined, and their problem."""

    health: Health
    problem: Problem = ""


class Diagnosis:
    """The verdicts on a report: `verdicts` holds one for each layer, by name."""

    def __init__(self, report: LayerHealth | None) -> None:
        layers = report.layers if report else ()
        wrong = problems(layers)
        self.verdicts: Mapping[str, Verdict] = {
            layer.layer: Verdict(layer, wrong[layer.layer]) for layer in layers
        }

    def __bool__(self) -> bool:
        return bool(self.verdicts)

    def of(self, names: Iterable[str]) -> list[Verdict]:
        """The verdicts on these layers; layers without weights have none."""
        return [self.verdicts[name] for name in names if name in self.verdicts]


def worst(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The layers with the most severe problem, in their order; empty if all are healthy."""
    most_severe = max((one.problem for one in verdicts), key=SEVERITY.index, default="")
    return [one for one in verdicts if one.problem == most_severe] if most_severe else []


def problems(layers: Sequence[Health]) -> dict[str, Problem]:
    """The problem of each layer by name; an empty string for a healthy layer."""
    gradient = _usual(layer.gradient for layer in layers)
    update = _usual(layer.update for layer in layers)
    return {layer.layer: _problem(layer, gradient, update) for layer in layers}


def frozen(layer: Health) -> bool:
    """Whether the layer computes but does not learn."""
    return _activates(layer) and layer.gradient is None and layer.update is None


def is_finite(layer: Health) -> bool:
    """Whether all numbers of the layer are finite; a frozen layer has no gradient and no update."""
    learns = layer.gradient is not None and layer.update is not None
    return _activates(layer) and (learns or frozen(layer))


def combined(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Several layers as one, with the activations of the last layer; None without layers.

    Gradient and update are those of the layer with the most severe problem; if all are healthy, the
    smallest gradient and the largest update. The share of dead units is the largest one.
    """
    if not verdicts:
        return None
    most_severe = max(verdicts, key=lambda one: SEVERITY.index(one.problem))
    gradients = _measured(one.health.gradient for one in verdicts)
    updates = _measured(one.health.update for one in verdicts)
    last = verdicts[-1].health
    health = Health(
        last.layer,
        most_severe.health.gradient if most_severe.problem else min(gradients, default=None),
        most_severe.health.update if most_severe.problem else max(updates, default=None),
        last.mean,
        last.deviation,
        max(_measured(one.health.dead for one in verdicts), default=None),
    )
    return Verdict(health, most_severe.problem)


def _problem(layer: Health, usual_gradient: float, usual_update: float) -> Problem:
    if _explodes(layer):
        return "exploding"
    if layer.dead is not None and layer.dead > DEAD:
        return "dead"
    if layer.gradient is None or layer.update is None:
        return ""
    little = max(NOTHING, FAR_BELOW * usual_gradient)
    compensated = layer.update >= COMPENSATED * usual_update > 0
    return "vanishing" if layer.gradient < little and not compensated else ""


def _explodes(layer: Health) -> bool:
    if not is_finite(layer):
        return True
    return (layer.gradient or 0.0) > HUGE_GRADIENT or (layer.update or 0.0) > HUGE_UPDATE


def _activates(layer: Health) -> bool:
    return layer.mean is not None and layer.deviation is not None


def _usual(values: Iterable[Measured]) -> float:
    """The upper quartile of the measured values; 0 without any."""
    ordered = sorted(_measured(values))
    return ordered[int(USUAL * (len(ordered) - 1))] if ordered else 0.0


def _measured(values: Iterable[Measured]) -> list[float]:
    return [value for value in values if value is not None]
