"""Training images as the network sees them, in a grid with their classes."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import Sample
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.shades import pictured
from tui.drawing.tiles import joined

# A picture is this many cells wide and half as many rows high, its caption below it.
SIDE = 20
BETWEEN = 2


def samples_grid(
    samples: Sequence[Sample], width: int, height: int, coloured: bool = False
) -> list[Row]:
    """As many images as fit, in order, each above the class that it counts as."""
    across = max(1, (width + BETWEEN) // (SIDE + BETWEEN))
    rows: list[Row] = []
    for start in range(0, len(samples), across):
        rows += [*_band(samples[start : start + across], coloured), ()]
    whole = height - height % (SIDE // 2 + 2) if height > SIDE // 2 else height
    return rows[:whole]


def _band(samples: Sequence[Sample], coloured: bool) -> list[Row]:
    drawn = [pictured(sample.picture, SIDE, SIDE // 2, coloured) for sample in samples]
    between = " " * BETWEEN
    rows = [joined(line, between) for line in zip(*drawn, strict=True)]
    captions = (cells.fit_text(_caption(sample), SIDE) for sample in samples)
    return [*rows, (Span(between.join(captions), "dim"),)]


def _caption(sample: Sample) -> str:
    """`horse`, or `horse .7 dog` of a mixed image."""
    if not sample.other or sample.share >= 1.0:
        return harmless(sample.label)
    return harmless(f"{sample.label} {sample.share:.2f} {sample.other}").replace(" 0.", " .")
