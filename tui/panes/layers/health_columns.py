"""The columns of the layer table that show the health of the layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine import numbers
from engine.run.layer_diagnosis import DEAD, Verdict, frozen
from tui import shared_text
from tui.drawing.cells import Ink
from tui.drawing.table import Column, widest
from tui.panes.layers import layers_text
from tui.panes.layers.gradient_depth import INKS, GradientScale, amount

# Cells for `100 %`.
SHARE = 5
# Cells from the point on, beside those of the digits: `.1e-4` has two digits. Before the point is a
# cell less than there are digits; a mean has a sign, too.
EXPONENT, SIGN = 3, 1
# A mean below this share of the standard deviation is noise around zero.
NOISE = 0.01


def health_columns(
    found: Sequence[Verdict | None],
    inks: Sequence[Ink],
    scale: GradientScale,
    gap: int,
    bar_cells: int,
    digits: int,
) -> list[Column]:
    """The columns of a report on health, with amounts of so many digits.

    `inks` are the inks of the rows without a problem.
    """
    marks: list[Ink] = [INKS[one.problem] if one else "plain" for one in found]
    learning = [
        INKS[one.problem] if one and one.problem in ("vanishing", "exploding") else ink
        for one, ink in zip(found, inks, strict=True)
    ]
    dying = [
        INKS["dead"] if one and (one.health.dead or 0.0) > DEAD else ink
        for one, ink in zip(found, inks, strict=True)
    ]

    def texts(write: Callable[[Verdict], str]) -> list[str]:
        return [write(one) if one else "" for one in found]

    gradients = texts(lambda one: amount_of(one, one.health.gradient, digits))
    updates = texts(lambda one: amount_of(one, one.health.update, digits))
    spreads = texts(lambda one: _spread(one, digits))
    blocks = texts(lambda one: _gradient_bar(scale, one.health.gradient, bar_cells))
    signs = texts(lambda one: "!" if one.problem else "")
    word = widest(layers_text.PROBLEMS.values())
    amounts = _amount_cells(digits)
    heading = f"{layers_text.MEAN:>{SIGN + amounts}} ± {layers_text.DEVIATION}"
    return [
        Column(layers_text.GRADIENT, gradients, 1, True, inks=learning, least=amounts, gap=gap),
        Column("", blocks, 4, ink="train", least=bar_cells, gap=min(1, bar_cells + gap - 2)),
        Column(layers_text.UPDATE, updates, 9, True, inks=learning, least=amounts, gap=gap),
        Column(
            heading, spreads, 10, inks=inks, least=SIGN + amounts + len(" ± ") + amounts, gap=gap
        ),
        Column(layers_text.DEAD, texts(_dead), 3, True, inks=dying, least=SHARE, gap=gap),
        Column("", signs, 0, inks=marks, least=1, gap=1),
        Column("", texts(_problem), 11, inks=marks, least=word, gap=1),
    ]


def _amount_cells(digits: int) -> int:
    """The cells of an amount without a sign: those before its point, and from the point on."""
    return digits - 1 + digits + EXPONENT


def _problem(found: Verdict) -> str:
    return layers_text.PROBLEMS[found.problem] if found.problem else ""


def _gradient_bar(scale: GradientScale, gradient: float | None, width: int) -> str:
    return scale.block(gradient) if width == 1 else scale.bar(gradient, width)


def amount_of(found: Verdict, value: float | None, digits: int) -> str:
    """The amount; for a frozen layer a dash, since its numbers are missing and not NaN."""
    missing = value is None and frozen(found.health)
    return _aligned(shared_text.NONE if missing else amount(value, digits), digits)


def _aligned(written: str, digits: int, sign: int = 0) -> str:
    """The amount with its point below those of the other rows; a rare longer one is on the left."""
    before, after = sign + digits - 1, digits + EXPONENT
    aligned = numbers.at_point(written, before, after)
    return aligned if len(aligned) == before + after else written.ljust(before + after)


def _spread(found: Verdict, digits: int) -> str:
    """`-0.13 ± 0.91`; a mean that is small compared with the deviation is written as 0."""
    mean, deviation = found.health.mean, found.health.deviation
    if mean is not None and deviation is not None and abs(mean) < NOISE * deviation:
        mean = 0.0
    written = _aligned(amount(mean, digits), digits, SIGN)
    return f"{written} ± {_aligned(amount(deviation, digits), digits)}"


def _dead(found: Verdict) -> str:
    return f"{numbers.whole(found.health.dead)} %" if found.health.dead is not None else ""
