"""The parts that an architecture is made of, as a small drawing needs them; loads no torch.

All are those of the form for 3×32×32 images and 10 classes.
"""

from __future__ import annotations

import msgspec


class Stage(msgspec.Struct, frozen=True):
    """A part of a model: its name, the shape it makes, and what is in it."""

    name: str
    output: str
    what: str


def _stages(*rows: tuple[str, str, str]) -> tuple[Stage, ...]:
    return tuple(Stage(*row) for row in rows)


def vgg(blocks: tuple[int, ...]) -> tuple[Stage, ...]:
    """So many convolutions in each of the five blocks."""
    widths, sides = (64, 128, 256, 512, 512), (16, 8, 4, 2, 1)
    rows = [
        (f"block {number}", f"{width}×{side}×{side}", f"{count} × 3×3, max 2×2")
        for number, (count, width, side) in enumerate(zip(blocks, widths, sides, strict=True), 1)
    ]
    return _stages(*rows, ("linear", "10", "512→10"))


def resnet(blocks: tuple[int, ...], block: str, expansion: int) -> tuple[Stage, ...]:
    """So many residual blocks in each of the four stages."""
    rows = [
        (f"stage {i + 1}", f"{64 * 2**i * expansion}×{32 >> i}×{32 >> i}", f"{count} × [{block}]")
        for i, count in enumerate(blocks)
    ]
    features = 512 * expansion
    return _stages(
        ("stem", "64×32×32", "3×3"),
        *rows,
        ("pool", f"{features}×1×1", "average"),
        ("linear", "10", f"{features}→10"),
    )


def cifar(blocks: int) -> tuple[Stage, ...]:
    """So many blocks in each of the three stages."""
    what = f"{blocks} × [3×3, 3×3]"
    return _stages(
        ("stem", "16×32×32", "3×3"),
        ("stage 1", "16×32×32", what),
        ("stage 2", "32×16×16", what),
        ("stage 3", "64×8×8", what),
        ("pool", "64×1×1", "average"),
        ("linear", "10", "64→10"),
    )


LENET = _stages(
    ("conv 1", "6×28×28", "5×5"),
    ("pool 1", "6×14×14", "average 2×2"),
    ("conv 2", "16×10×10", "5×5"),
    ("pool 2", "16×5×5", "average 2×2"),
    ("linear 1", "120", "400→120"),
    ("linear 2", "84", "120→84"),
    ("linear 3", "10", "84→10"),
)
ALEXNET = _stages(
    ("conv 1", "64×15×15", "3×3, max 3×3 /2"),
    ("conv 2", "192×7×7", "3×3, max 3×3 /2"),
    ("conv 3", "384×7×7", "3×3"),
    ("conv 4", "256×7×7", "3×3"),
    ("conv 5", "256×3×3", "3×3, max 3×3 /2"),
    ("linear 1", "4096", "2304→4096, dropout"),
    ("linear 2", "4096", "4096→4096, dropout"),
    ("linear 3", "10", "4096→10"),
)
MOBILENET = _stages(
    ("stem", "32×32×32", "3×3"),
    ("stage 1", "16×32×32", "1 × [3×3 depthwise, 1×1]"),
    ("stage 2", "24×32×32", "2 × [1×1, 3×3 depthwise, 1×1]"),
    ("stage 3", "32×16×16", "3 × [1×1, 3×3 depthwise, 1×1]"),
    ("stage 4", "64×8×8", "4 × [1×1, 3×3 depthwise, 1×1]"),
    ("stage 5", "96×8×8", "3 × [1×1, 3×3 depthwise, 1×1]"),
    ("stage 6", "160×4×4", "3 × [1×1, 3×3 depthwise, 1×1]"),
    ("stage 7", "320×4×4", "1 × [1×1, 3×3 depthwise, 1×1]"),
    ("conv", "1280×4×4", "1×1"),
    ("linear", "10", "average, 1280→10"),
)
EFFICIENTNET = _stages(
    ("stem", "32×32×32", "3×3"),
    ("stage 1", "16×32×32", "1 × [3×3 depthwise, squeeze, 1×1]"),
    ("stage 2", "24×32×32", "2 × [1×1, 3×3 depthwise, squeeze, 1×1]"),
    ("stage 3", "40×16×16", "2 × [1×1, 5×5 depthwise, squeeze, 1×1]"),
    ("stage 4", "80×8×8", "3 × [1×1, 3×3 depthwise, squeeze, 1×1]"),
    ("stage 5", "112×8×8", "3 × [1×1, 5×5 depthwise, squeeze, 1×1]"),
    ("stage 6", "192×4×4", "4 × [1×1, 5×5 depthwise, squeeze, 1×1]"),
    ("stage 7", "320×4×4", "1 × [1×1, 3×3 depthwise, squeeze, 1×1]"),
    ("conv", "1280×4×4", "1×1"),
    ("linear", "10", "average, 1280→10"),
)
CONVNEXT = _stages(
    ("patches", "96×16×16", "2×2 /2"),
    ("stage 1", "96×16×16", "3 × [7×7 depthwise, 1×1, 1×1]"),
    ("stage 2", "192×8×8", "3 × [7×7 depthwise, 1×1, 1×1]"),
    ("stage 3", "384×4×4", "9 × [7×7 depthwise, 1×1, 1×1]"),
    ("stage 4", "768×2×2", "3 × [7×7 depthwise, 1×1, 1×1]"),
    ("pool", "768×1×1", "average"),
    ("linear", "10", "768→10"),
)
SPEEDNET = _stages(
    ("whitening", "24×31×31", "2×2, from the data"),
    ("group 1", "64×15×15", "3×3, max 2×2, 3×3"),
    ("group 2", "256×7×7", "3×3, max 2×2, 3×3"),
    ("group 3", "256×3×3", "3×3, max 2×2, 3×3"),
    ("pool", "256×1×1", "max"),
    ("linear", "10", "256→10, scaled by 1/9"),
)
ARTICLE = _stages(
    ("stem", "32×32×32", "3×3"),
    ("stage 1", "32×32×32", "2 × [3×3, 3×3]"),
    ("stage 2", "64×16×16", "2 × [3×3, 3×3]"),
    ("stage 3", "128×8×8", "2 × [3×3, 3×3]"),
    ("pool", "128×2×2", "average 4×4"),
    ("linear 1", "256", "512→256, dropout"),
    ("linear 2", "10", "256→10"),
)
