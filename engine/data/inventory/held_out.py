"""Holds out a share of the training images for validation, the same share of each class."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict

from engine.data.stored.stored_image import LabelledImages

HOLD_OUT = 0.2


def split_held_out(
    images: LabelledImages, share: float, seed: int
) -> tuple[LabelledImages, LabelledImages]:
    """The images for training, and those held out; both keep their order.

    The choice depends only on the seed and the last part of the names, so that new images change
    few of the old choices.
    """
    of_class: dict[int, list[int]] = defaultdict(list)
    for at, (_, label) in enumerate(images):
        of_class[label].append(at)
    held: set[int] = set()
    for members in of_class.values():
        drawn = sorted(members, key=lambda at: _draw(images[at][0].name, seed))
        held.update(drawn[: held_out_count(len(members), share)])
    return (
        [image for at, image in enumerate(images) if at not in held],
        [image for at, image in enumerate(images) if at in held],
    )


def held_out_count(images: int, share: float) -> int:
    """How many images of a class are held out: at least one of two or more, and never all."""
    # In binary, a share such as 0.29 is a little smaller than written.
    return max(int(images * share + 1e-9), min(1, images - 1))


def _draw(name: str, seed: int) -> bytes:
    drawn = b"%d/" % seed + os.fsencode(name.rpartition("/")[2])
    return hashlib.blake2b(drawn, digest_size=8).digest()
