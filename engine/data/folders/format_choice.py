"""Which form suits the images of a folder, told by a few of them. Loads no torch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from PIL import Image

from engine.data.decoding.decode import BROKEN, GREY, ImageFormat
from engine.data.folders.image_folder import Files

SAMPLE = 100
DEFAULT_SIZE = 64
SMALL = range(28, 97)
# MNIST's 28 pixels are framed to the 32 of LeNet-5, not stretched.
FRAMED, FRAME = 28, 2


@dataclass(frozen=True)
class Glimpse:
    """What the header of a file says."""

    size: tuple[int, int]
    grey: bool


def glimpses(files: Files) -> list[Glimpse]:
    """Of a hundred files spread over all; those that are broken are passed over."""
    seen = []
    for file, _ in files[:: -(-len(files) // SAMPLE)]:
        with contextlib.suppress(*BROKEN), Image.open(file) as image:
            seen.append(Glimpse(image.size, image.mode in GREY))
    return seen


def form_of(seen: list[Glimpse], size: int | str) -> ImageFormat:
    """The form that suits images like these.

    `size` "auto" keeps images that are all square, of one size and small, and brings others to
    64 pixels.
    """
    sides = {side for glimpse in seen for side in glimpse.size}
    common = min(sides) if len(sides) == 1 else 0
    natural = common if common in SMALL else DEFAULT_SIZE
    frame = FRAME if common == FRAMED and size in ("auto", FRAMED + 2 * FRAME) else 0
    return ImageFormat(
        channels=1 if seen and all(glimpse.grey for glimpse in seen) else 3,
        size=size if isinstance(size, int) else natural + 2 * frame,
        frame=frame,
    )
