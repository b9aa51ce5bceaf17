"""How the gradient changes with the depth of the network, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine import numbers
from engine.protocol.events import Layer, Measured
from engine.run.layer_diagnosis import Diagnosis, Problem, Verdict, worst
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells
from tui.drawing.axis import share
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting
from tui.drawing.spark import STEPS, bar, sparkline
from tui.drawing.table import abbreviated, widest
from tui.panes.layers import layers_text

# The powers of ten between the lowest and the highest block.
DECADES = 3
# The names of the first and the last layer are cut to this.
NAME = 16
# A ratio always takes this many cells, so that the text after it does not move.
RATIO = 6
# A sparkline with fewer blocks than this shows no shape.
SHAPE = 8

INKS: dict[Problem, Ink] = {
    "": "good",
    "vanishing": "warning",
    "dead": "warning",
    "exploding": "error",
}


class GradientScale(NamedTuple):
    """The exponents of ten of the lowest and of the highest block."""

    low: float
    high: float

    def block(self, gradient: Measured) -> str:
        """A gradient as one block; a space if there is none."""
        if gradient is None:
            return " "
        return STEPS[round(7 * share(logarithm(gradient), *self))]

    def bar(self, gradient: Measured, width: int) -> str:
        """A gradient as a bar of at most this many cells."""
        return bar(share(logarithm(gradient), *self), width) if gradient is not None else ""


def gradient_scale(gradients: Iterable[Measured]) -> GradientScale:
    """The scale up to the next power of ten, so that it rarely changes."""
    largest = max((g for g in gradients if g is not None and math.isfinite(g)), default=1.0)
    high = math.ceil(logarithm(largest))
    return GradientScale(high - DECADES, high)


def logarithm(value: float) -> float:
    """The decimal logarithm; for zero, a number below all measurements."""
    return math.log10(max(value, 1e-300))


def amount(value: Measured, digits: int = 2) -> str:
    """An amount in few cells, two digits by default: 0.021, 8.1e-4, 1.8, 120, 2.0e3."""
    size = abs(numbers.number(value))
    if not math.isfinite(size):
        return shared_text.NAN
    if size == 0:
        return "0"
    if 0.00995 <= size < 999.5:
        return numbers.significant(value, digits)
    return f"{value:.{digits - 1}e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def depth_line(layers: Sequence[Layer], diagnosis: Diagnosis, width: int) -> Row:
    """`gradient by depth  ▇▆▅▅  conv1 : fc = 0.23   healthy`, or a shorter form."""
    found = diagnosis.of(layer.name for layer in layers if layer.macs)
    if not found or width < SHAPE:
        return ()
    gradients = [one.health.gradient for one in found]
    ratio = Span("  " + _ratio(found))
    long, short = (
        (Span("  "), verdict) for verdict in _verdicts(diagnosis.of(layer.name for layer in layers))
    )
    ends = (ratio, *long), (ratio, *short), short, ()
    words = f" {layers_text.BY_DEPTH_LINE}  ", f" {layers_text.GRADIENT}  ", " "
    least = min(SHAPE, len(found))
    forms = (
        cells.row(Span(word, "dim"), Span(_profile(gradients, room), "train"), *end)
        for end in ends
        for word in words
        if (room := width - 1 - len(word) - cells.width(end)) >= least
    )
    return fitting(forms, width)


def _profile(gradients: Sequence[Measured], room: int) -> str:
    scale = gradient_scale(gradients)
    powers = [None if g is None else max(scale.low, logarithm(g)) for g in gradients]
    return sparkline(powers, min(room, len(powers)), *scale)


def _ratio(found: Sequence[Verdict]) -> str:
    """The first layer's gradient over the last one's."""
    first, last = found[0].health, found[-1].health
    if not first.gradient or not last.gradient:
        ratio = shared_text.NONE if None in (first.gradient, last.gradient) else "0"
    else:
        ratio = amount(first.gradient / last.gradient)
    return layers_text.first_to_last(_name(first.layer), _name(last.layer), ratio.ljust(RATIO))


def _name(layer: str) -> str:
    name = harmless(layer)
    return abbreviated(name, min(NAME, widest([name])))


def _name_alone(layer: str) -> str:
    """The name where no heading says that it is a layer's."""
    name = shared_text.layer_named(layer)
    return abbreviated(name, min(NAME, widest([name])))


def _verdicts(found: Sequence[Verdict]) -> tuple[Span, Span]:
    """The most severe problem in two forms; the long one names the first layer that has it."""
    sick = worst(found)
    if not sick:
        return Span(layers_text.HEALTHY, INKS[""]), Span(layers_text.HEALTHY, INKS[""])
    ink, problem = INKS[sick[0].problem], layers_text.PROBLEMS[sick[0].problem]
    long = layers_text.with_problem(len(sick), problem, _name_alone(sick[0].health.layer))
    return Span(long, ink), Span(layers_text.problems(len(sick), problem), ink)
