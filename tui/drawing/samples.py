"""Training images as the network sees them, in a grid with their classes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from engine.events import Sample
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.shades import shades

# A picture is this many cells wide and half as many rows high, its caption below it.
SIDE = 20
BETWEEN = 2


def samples_grid(samples: Sequence[Sample], width: int, height: int) -> list[Row]:
    """As many images as fit, in order, each above the class that it counts as."""
    across = max(1, (width + BETWEEN) // (SIDE + BETWEEN))
    rows: list[Row] = []
    for start in range(0, len(samples), across):
        rows += [*_band(samples[start : start + across]), ()]
    whole = height - height % (SIDE // 2 + 2) if height > SIDE // 2 else height
    return rows[:whole]


def _band(samples: Sequence[Sample]) -> list[Row]:
    drawn = [_picture(sample) for sample in samples]
    between = " " * BETWEEN
    rows: list[Row] = [(Span(between.join(line)),) for line in zip(*drawn, strict=True)]
    captions = (cells.fit_text(_caption(sample), SIDE) for sample in samples)
    return [*rows, (Span(between.join(captions), "dim"),)]


def _picture(sample: Sample) -> list[str]:
    p = sample.picture
    try:
        data = base64.b64decode(p.data, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    return shades(data, p.channels, p.height, p.width, SIDE, SIDE // 2)


def _caption(sample: Sample) -> str:
    """`horse`, or `horse .7 dog` of a mixed image."""
    if not sample.other or sample.share >= 1.0:
        return harmless(sample.label)
    return harmless(f"{sample.label} {sample.share:.2f} {sample.other}").replace(" 0.", " .")
