"""Training images as the network sees them, in a grid with their classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine import numbers
from engine.protocol.events import Sample
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.shades import pictured
from tui.drawing.tiles import joined

# Images shrink until this many are visible at once, or all of them.
LEAST = 12
# The possible widths of an image in cells. It has half as many rows, and a caption below.
SIDES = (32, 28, 24, 20, 16)
BETWEEN = 2


def samples_grid(
    samples: Sequence[Sample], width: int, height: int, coloured: bool = False
) -> list[Row]:
    """The first images that fit, each above its class.

    They are as large as possible while all of them, or at least `LEAST`, are visible.
    """
    enough = min(LEAST, len(samples))
    fits = (side for side in SIDES if math.prod(_fitting(side, width, height)) >= enough)
    side = next(fits, SIDES[-1])
    across, down = (max(1, count) for count in _fitting(side, width, height))
    rows: list[Row] = []
    for start in range(0, min(len(samples), across * down), across):
        rows += [*_band(samples[start : start + across], side, coloured), ()]
    return rows[:height]


def _fitting(side: int, width: int, height: int) -> tuple[int, int]:
    """The number of images that fit across and down."""
    return (width + BETWEEN) // (side + BETWEEN), (height + 1) // (side // 2 + 2)


def _band(samples: Sequence[Sample], side: int, coloured: bool) -> list[Row]:
    drawn = [pictured(sample.picture, side, side // 2, coloured) for sample in samples]
    between = " " * BETWEEN
    rows = [joined(line, between) for line in zip(*drawn, strict=True)]
    captions = (cells.fit_text(_caption(sample), side) for sample in samples)
    return [*rows, (Span(between.join(captions), "dim"),)]


def _caption(sample: Sample) -> str:
    """`horse`, or `horse .7 dog` for a mixed image."""
    if not sample.other or sample.share >= 1.0:
        return harmless(sample.label)
    return harmless(f"{sample.label} {numbers.probability(sample.share)} {sample.other}")
